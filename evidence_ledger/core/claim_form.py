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
from evidence_ledger.core.record_tree import blinded, record_salt

_HASH: Final = "[0-9a-f]{64}"
_TEXT: Final = r'"[^"\\\x00-\x1f]*"'
# Days that every year has.
_TIME: Final = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
# 32 bytes: the last sign carries four bits.
_SALT: Final = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_LINE: Final = (
    rf'\{{"path":"file/(0|[1-9][0-9]{{0,5}})","salt":"({_SALT})","value":\{{'
    rf'(?:"digest_only":true,)?(?:"media_type":{_TEXT},)?(?:"modified":"{_TIME}",)?'
    rf'"name":{_TEXT},"sha256":"({_HASH})"(?:,"sha3_256":"({_HASH})")?'
    rf'(?:,"sha512":"([0-9a-f]{{128}})")?(?:,"size":(?:0|[1-9][0-9]{{0,14}}))?'
    rf'(?:,"sm3":"({_HASH})")?\}}\}}'
)
_PLAIN: Final = re.compile(_LINE)
_LINES: Final = re.compile(f"^{_LINE}$", re.MULTILINE)

FoundFile = tuple[str, str, str, str, str, str]
"""The groups of one line: number, salt and digests as in ``PlainFile``, "" for none."""

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


def plain_files(claims: Sequence[bytes]) -> list[FoundFile] | None:
    """The files in claims of which every one is plain; None where one is not."""
    if not claims:
        return []
    try:
        text = b"\n".join(claims).decode("utf-8")
    except (TypeError, UnicodeDecodeError):
        return None
    # No plain claim holds a line's end, and no match goes beyond one.
    if text.count("\n") != len(claims) - 1 or max(map(len, claims)) > claim.LARGEST:
        return None
    found: list[FoundFile] = _LINES.findall(text)
    return found if len(found) == len(claims) else None


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
