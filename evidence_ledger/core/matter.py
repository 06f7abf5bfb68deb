"""Marks: how the entries of one matter are recognised by whoever holds its key, and by nobody else.

A matter has a secret of 32 random bytes. Its keys are a chain that can only be walked downwards:

    key[16384] = secret        key[n] = SHA-256("evidence-ledger/matter-key/v1\\n" ‖ key[n + 1])

and the mark of its entry number n (from 0) in a ledger is

    HMAC-SHA-256(key[n], "evidence-ledger/mark/v1\\n" ‖ u64be n ‖ the ledger's origin)

Whoever is given key[n] can compute the marks 0 to n of the matter, and none after.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from evidence_ledger.errors import FormatError

LENGTH = 16384
"""No entry of a matter has this number or a higher one."""
KEY_SIZE = 32

_KEY = b"evidence-ledger/matter-key/v1\n"
_MARK = b"evidence-ledger/mark/v1\n"


@dataclass(frozen=True, slots=True)
class MatterKey:
    """The key (32 bytes) of a matter's entry ``number``. Never shown in full."""

    number: int
    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.number <= LENGTH or len(self.value) != KEY_SIZE:
            raise FormatError("matter.key", f"A matter's key has {KEY_SIZE} bytes and a number.")

    def earlier(self, number: int) -> MatterKey:
        """The key of an entry before, or this one. Raises FormatError for a later one."""
        if not 0 <= number <= self.number:
            raise FormatError("matter.number", "A matter's key gives no key of a later entry.")
        value = self.value
        for _ in range(self.number - number):
            value = hashlib.sha256(_KEY + value).digest()
        return MatterKey(number, value)

    def mark(self, ledger: str) -> bytes:
        """The mark (32 bytes) of this key's entry in the ledger with that origin."""
        text = _MARK + self.number.to_bytes(8, "big") + ledger.encode("ascii")
        return hmac.digest(self.value, text, "sha256")

    def keys(self) -> list[MatterKey]:
        """The keys 0 to ``number``, in order."""
        found = [self]
        while found[-1].number:
            found.append(found[-1].earlier(found[-1].number - 1))
        return found[::-1]

    def marks(self, ledger: str) -> list[bytes]:
        """The marks 0 to ``number``, in order."""
        return [one.mark(ledger) for one in self.keys()]


def secret_key(secret: bytes) -> MatterKey:
    """The key from which all of a matter follow. Raises FormatError."""
    return MatterKey(LENGTH, secret)
