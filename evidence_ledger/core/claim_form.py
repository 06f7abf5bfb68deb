"""File claims as most programs write them, read at a glance.

A pattern takes file claims whose texts need no escapes and that have no members of others. It takes
only what ``claim.parse`` and ``claim.file_fact`` take, which read all others.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Final, NamedTuple

from evidence_ledger.core import claim
from evidence_ledger.core.canonical import is_hex
from evidence_ledger.core.record_tree import blinded, record_salt

_TEXT: Final = r'"[^"\\\x00-\x1f]*"'
# Days that every year has.
_TIME: Final = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
# 32 bytes: the last sign carries four bits.
_SALT: Final = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"


def _line(digit: str) -> str:
    digest = f"{digit}{{64}}"
    return (
        rf'\{{"path":"file/(0|[1-9][0-9]{{0,5}})","salt":"({_SALT})","value":\{{'
        rf'(?:"digest_only":true,)?(?:"media_type":{_TEXT},)?(?:"modified":"{_TIME}",)?'
        rf'"name":{_TEXT},"sha256":"({digest})"(?:,"sha3_256":"({digest})")?'
        rf'(?:,"sha512":"({digit}{{128}})")?(?:,"size":(?:0|[1-9][0-9]{{0,14}}))?'
        rf'(?:,"sm3":"({digest})")?\}}\}}'
    )


_PLAIN: Final = re.compile(_line("[0-9a-f]"))
# Any signs instead of digits: whether they are hex is asked of all digests at once.
_LINES: Final = re.compile(f"^{_line('.')}$", re.MULTILINE)


class PlainFiles(NamedTuple):
    """The members of plain claims in order: as in ``PlainFile``, "" for none."""

    numbers: tuple[str, ...] = ()
    salts: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    sha3_256: tuple[str, ...] = ()
    sha512: tuple[str, ...] = ()
    sm3: tuple[str, ...] = ()

    @property
    def digests(self) -> list[tuple[str, tuple[str, ...]]]:
        """The digests of all, by name."""
        return list(zip(DIGESTS, self[2:], strict=True))


DIGESTS: Final = ("sha256", "sha3_256", "sha512", "sm3")


class PlainFile(NamedTuple):
    """What finds and seals a file: its number and salt as written, its digests in hex."""

    number: str
    salt: str
    sha256: str
    sha3_256: str | None
    sha512: str | None
    sm3: str | None

    @property
    def digests(self) -> list[tuple[str, str]]:
        """The digests there are, by name."""
        return [(name, digest) for name, digest in zip(DIGESTS, self[2:], strict=True) if digest]

    @property
    def leaf(self) -> bytes:
        """The file's leaf in the record tree of its seal (32 bytes)."""
        return blinded(bytes.fromhex(self.sha256), record_salt(urlsafe_b64decode(f"{self.salt}=")))


def plain_file(data: bytes) -> PlainFile | None:
    """The file in a claim that is plain; None for any other bytes, which may be a claim as well."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = _PLAIN.fullmatch(text) if len(data) <= claim.LARGEST else None
    return None if plain is None else PlainFile(*plain.groups())


def plain_files(claims: Sequence[bytes]) -> PlainFiles | None:
    """The files in claims of which every one is plain; None where one is not."""
    if not claims:
        return PlainFiles()
    try:
        text = b"\n".join(claims).decode("utf-8")
    except (TypeError, UnicodeDecodeError):
        return None
    # No plain claim holds a line's end, and no match goes beyond one.
    if text.count("\n") != len(claims) - 1 or max(map(len, claims)) > claim.LARGEST:
        return None
    lines = _LINES.findall(text)
    if len(lines) != len(claims):
        return None
    found = PlainFiles(*zip(*lines, strict=True))
    return found if is_hex("".join(["".join(column) for _, column in found.digests])) else None


def holds(data: bytes, algorithm: str, digest: bytes) -> bool:
    """Whether ``data`` is a file's claim with that digest. Raises FormatError for no claim."""
    plain = plain_file(data)
    if plain is not None:
        return (algorithm, digest.hex()) in plain.digests
    parsed = claim.parse(data)
    if parsed.section != "file":
        return False
    digests = claim.file_fact(parsed).fingerprint.digests
    return any((one.value, value) == (algorithm, digest) for one, value in digests.items())


def seal_leaf(data: bytes) -> bytes | None:
    """A file's leaf in the record tree of its seal (32 bytes); None for a claim of another kind.

    Raises FormatError.
    """
    plain = plain_file(data)
    if plain is not None:
        return plain.leaf
    parsed = claim.parse(data)
    if parsed.section != "file":
        return None
    return blinded(claim.file_fact(parsed).fingerprint.sha256, record_salt(parsed.salt))
