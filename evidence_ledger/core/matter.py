"""Marks: how a matter's entries are recognised by whoever holds its keys, and by nobody else.

A matter has a secret of 32 random bytes. In each ledger its keys are a chain that is walked
downwards, and entry number n (from 0) has an opening and a mark:

    key[8192]           = HMAC-SHA-256(secret, "evidence-ledger/matter/v1\\n" ‖ the ledger's origin)
    opening[n], link[n] = HMAC-SHA-512(key[n], "evidence-ledger/mark/v1\\n" ‖ u64be n), its halves
    mark[n]             = SHA-256(opening[n])
    key[n - 1]          = SHA-256("evidence-ledger/matter-key/v1\\n" ‖ link[n] ‖ mark[n])

The author's statement has the opening, the public entry the mark: nobody takes a mark who was only
shown it. ``mark[n]`` and ``link[n]`` together give the marks before n, no opening of n, and nothing
after n.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from evidence_ledger.errors import FormatError

LENGTH = 8192
"""The most entries of a matter: its last one has the number before."""
SIZE = 32

_TOP = b"evidence-ledger/matter/v1\n"
_KEY = b"evidence-ledger/matter-key/v1\n"
_MARK = b"evidence-ledger/mark/v1\n"


def mark_of(opening: bytes) -> bytes:
    """The mark (32 bytes) of an entry whose statement has this opening."""
    return hashlib.sha256(opening).digest()


@dataclass(frozen=True, slots=True)
class NextMark:
    """The mark of a matter's entry ``number``, and the link (32 bytes each) to those before it."""

    number: int
    mark: bytes
    link: bytes = field(repr=False)

    def __post_init__(self) -> None:
        sound = len(self.mark) == SIZE and len(self.link) == SIZE
        if not (sound and 0 <= self.number <= LENGTH):
            raise FormatError("matter.link", f"A mark and its link have {SIZE} bytes each.")

    def marks(self) -> list[bytes]:
        """The marks 0 to ``number``, in order."""
        found, key = [self.mark], _below(self.link, self.mark)
        for number in range(self.number - 1, -1, -1):
            opening, link = _expanded(key, number)
            found.append(mark_of(opening))
            key = _below(link, found[-1])
        return found[::-1]


@dataclass(frozen=True, slots=True)
class MatterKeys:
    """All openings and marks of a matter in one ledger, by number. Never shown."""

    ledger: str
    openings: Sequence[bytes] = field(repr=False)
    marks: Sequence[bytes] = field(repr=False)
    links: Sequence[bytes] = field(repr=False)

    def following(self, count: int) -> NextMark:
        """What shows the marks of the first ``count`` entries, and the next one."""
        return NextMark(count, self.marks[count], self.links[count])


def keys_of(secret: bytes, ledger: str) -> MatterKeys:
    """The keys of a matter in the ledger with that origin. Raises FormatError."""
    if len(secret) != SIZE:
        raise FormatError("matter.secret", f"A matter's secret has {SIZE} bytes.")
    key = hmac.digest(secret, _TOP + ledger.encode("ascii"), "sha256")
    openings, marks, links = [], [], []
    for number in range(LENGTH, -1, -1):
        opening, link = _expanded(key, number)
        mark = mark_of(opening)
        openings.append(opening)
        marks.append(mark)
        links.append(link)
        key = _below(link, mark)
    return MatterKeys(ledger, openings[::-1], marks[::-1], links[::-1])


def _expanded(key: bytes, number: int) -> tuple[bytes, bytes]:
    both = hmac.digest(key, _MARK + number.to_bytes(8, "big"), "sha512")
    return both[:SIZE], both[SIZE:]


def _below(link: bytes, mark: bytes) -> bytes:
    return hashlib.sha256(_KEY + link + mark).digest()
