"""Revocation data: given, and carried by a signature (RFC 5652, 10.2.1; RFC 5940; RFC 5126, 6.3.4).

A SignedData may carry lists and OCSP responses beside its X.509 certificates; a SignerInfo may
carry the unsigned attribute revocation-values. Neither is trusted: each is judged like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from evidence_ledger.core import der, oid
from evidence_ledger.core.cms import SignedData
from evidence_ledger.errors import EvidenceError, FormatError

MOST: Final = 64
"""Lists, and responses, of one kind in one attribute."""

_T = TypeVar("_T")
_OTHER: Final = der.context(1)
_VALUES: Final = "revocation-values"


@dataclass(frozen=True, slots=True)
class RevocationData:
    """Lists and OCSP responses, each DER, in no order. They may be about anything.

    ``known`` keeps what was found in them: thousands of tokens may be judged by hundreds of lists.
    """

    lists: tuple[bytes, ...] = ()
    responses: tuple[bytes, ...] = ()
    known: dict[tuple[bytes, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.lists or self.responses)

    def __add__(self, other: RevocationData) -> RevocationData:
        return RevocationData(
            tuple(dict.fromkeys(self.lists + other.lists)),
            tuple(dict.fromkeys(self.responses + other.responses)),
            self.known,
        )

    def once(self, key: tuple[bytes, ...], find: Callable[[], _T]) -> _T:
        """What ``find`` returns or raises, which depends on nothing but ``key``."""
        if key not in self.known:
            try:
                self.known[key] = find()
            except EvidenceError as error:
                self.known[key] = error
        found = self.known[key]
        if isinstance(found, EvidenceError):
            raise found.with_traceback(None)
        answer: _T = found
        return answer


def embedded_data(signed: SignedData) -> RevocationData:
    """What ``signed`` carries. What can't be read is left out, as it only could have helped."""
    found = RevocationData()
    for one in signed.crls:
        found += _choice(one)
    for attribute in (one for signer in signed.signers for one in signer.unsigned):
        if attribute.oid == oid.REVOCATION_VALUES:
            for value in attribute.values:
                found += _values(value)
    return found


def _choice(data: bytes) -> RevocationData:
    """One RevocationInfoChoice."""
    if data[0] == der.SEQUENCE:
        return RevocationData(lists=(data,))
    try:
        fields = der.parse(data, "crls").fields("crls", _OTHER)
        if fields.next().oid("crls") == oid.OCSP_IN_CMS:
            return RevocationData(responses=(fields.next().raw,))
    except FormatError:
        pass
    return RevocationData()


def _values(data: bytes) -> RevocationData:
    try:
        fields = der.parse(data, _VALUES).fields(_VALUES)
        lists = tuple(_members(fields.optional(der.context(0))))
        return RevocationData(lists, tuple(_members(fields.optional(der.context(1)))))
    except FormatError:
        return RevocationData()


def _members(wrapped: der.Node | None) -> Iterator[bytes]:
    if wrapped is not None:
        members = wrapped.only(_VALUES, wrapped.tag).elements(_VALUES, most=MOST)
        yield from (one.raw for one in members)


def sorted_data(members: Iterable[bytes]) -> RevocationData:
    """Lists and responses told apart by their form; what is neither is left out.

    A list and a basic response both start with what is signed: the first member of that is a
    number or an algorithm in a list, and a tagged responder in a response.
    """
    found = RevocationData()
    for data in members:
        try:
            kind = _is_list(data)
        except FormatError:
            continue
        found += RevocationData(lists=(data,)) if kind else RevocationData(responses=(data,))
    return found


def _is_list(data: bytes) -> bool:
    first = der.parse(data, "revocation data").fields("revocation data").next()
    if first.tag != der.SEQUENCE:
        return False
    return first.fields("revocation data").next().tag in (der.INTEGER, der.SEQUENCE)
