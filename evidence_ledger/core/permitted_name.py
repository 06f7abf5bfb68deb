"""Names to which an enrolled root is bound, as an act writes them (RFC 5280, 4.2.1.10).

    dns:firm.example              this domain, and all below it
    mail:firm.example             postboxes of this host
    mail:ann@firm.example         this postbox
    uri:www.firm.example          addresses at this host; uri:.firm.example of all below it
    ip:192.0.2.0/24               addresses in this block; ip:2001:db8::/32
    dir:O=Chamber,C=DE            subjects and directory names that begin so

Each has one form: lower case where case does not count, the shortest form of an IP block, and in
``dir`` the most specific part first, as RFC 4514 writes it, with a backslash before each of
``, + " \\ < > ;``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Final

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import oid
from evidence_ledger.core.name_constraints import ADDRESS, DIRECTORY, DNS, MAIL, URI, GeneralName
from evidence_ledger.errors import FormatError

LONGEST: Final = 1024
"""Characters of one name."""
_HINT: Final = (
    "A permitted name looks like dns:firm.example, mail:firm.example, mail:ann@firm.example, "
    "uri:www.firm.example, uri:.firm.example, ip:192.0.2.0/24, ip:2001:db8::/32 or "
    "dir:O=Chamber,C=DE."
)
_HOST: Final = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_DNS: Final = re.compile(_HOST, re.ASCII)
_MAIL: Final = re.compile(rf"(?:[a-z0-9_.+-]{{1,64}}@)?{_HOST}", re.ASCII)
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URI: Final = re.compile(rf"\.?(?:{_LABEL}\.)*{_LABEL}", re.ASCII)
_PART: Final = re.compile(r'([A-Za-z]+)=((?:[^,+"\\<>;]|\\[,+"\\<>;])+)')
_ESCAPED: Final = re.compile(r"\\(.)")


def checked_permitted(names: list[str]) -> tuple[str, ...]:
    """The names, if each is one. Raises FormatError with the forms that there are."""
    for name in names:
        permitted_base(name)
    return tuple(names)


def permitted_base(name: str) -> GeneralName:
    """What a name stands for, as the base of a constraint. Raises FormatError."""
    kind, _, rest = name.partition(":")
    read = _KINDS.get(kind)
    found = read(rest) if read is not None and len(name) <= LONGEST else None
    if found is None:
        raise FormatError(
            "administration.permitted", f"{name[:80]!r} is no permitted name.", hint=_HINT
        )
    return found


def _dns(text: str) -> GeneralName | None:
    return GeneralName(DNS, text.encode("ascii")) if _DNS.fullmatch(text) else None


def _mail(text: str) -> GeneralName | None:
    return GeneralName(MAIL, text.encode("ascii")) if _MAIL.fullmatch(text) else None


def _uri(text: str) -> GeneralName | None:
    is_one = _URI.fullmatch(text) and not text.rpartition(".")[2].isdigit()
    return GeneralName(URI, text.encode("ascii")) if is_one else None


def _ip(text: str) -> GeneralName | None:
    try:
        block = ip_network(text)
    except ValueError:
        return None
    if str(block) != text:
        return None
    return GeneralName(ADDRESS, block.network_address.packed + block.netmask.packed)


def _directory(text: str) -> GeneralName | None:
    """The first part of the name is the last of the text."""
    relatives: list[bytes] = []
    at = 0
    while found := _PART.match(text, at):
        kind, value = oid.attribute_oid(found[1]), _ESCAPED.sub(r"\1", found[2])
        if kind is None or value != value.strip() or value[0] == "#" or not value.isprintable():
            return None
        relatives.append(w.set_of([w.sequence(w.oid(kind), w.utf8_string(value))]))
        at = found.end()
        if at == len(text):
            return GeneralName(DIRECTORY, w.sequence(*reversed(relatives)))
        if text[at] != ",":
            return None
        at += 1
    return None


_KINDS: Final[Mapping[str, Callable[[str], GeneralName | None]]] = {
    "dns": _dns,
    "mail": _mail,
    "uri": _uri,
    "ip": _ip,
    "dir": _directory,
}
