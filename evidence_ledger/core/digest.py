"""Digests of files: SHA-256 always, others beside it, all in one pass (FIPS 180-4, FIPS 202,
GB/T 32905).

The names are the member names of a file claim's value and the prefixes of a written digest
(``sha256:HEX``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from evidence_ledger.core.canonical import hex_bytes
from evidence_ledger.errors import FormatError, UsageError


class Algorithm(StrEnum):
    """The digests that a ledger's settings may choose."""

    SHA256 = "sha256"
    SHA512 = "sha512"
    SHA3_256 = "sha3_256"
    SM3 = "sm3"


DIGEST_SIZE = {
    Algorithm.SHA256: 32,
    Algorithm.SHA512: 64,
    Algorithm.SHA3_256: 32,
    Algorithm.SM3: 32,
}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digests of one file and its size in bytes (None where only a digest is known)."""

    digests: Mapping[Algorithm, bytes]
    size: int | None

    @property
    def sha256(self) -> bytes:
        """The digest that every fingerprint has."""
        return self.digests[Algorithm.SHA256]


class Hasher:
    """Several digests of one stream of bytes. Raises UsageError where one is not to be had."""

    def __init__(self, algorithms: Iterable[Algorithm] = (Algorithm.SHA256,)) -> None:
        self._states = {name: _new(name) for name in {Algorithm.SHA256, *algorithms}}
        self._size = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        for state in self._states.values():
            state.update(data)
        self._size += len(data)

    def finish(self) -> Fingerprint:
        """The fingerprint of all bytes taken."""
        digests = {name: self._states[name].digest() for name in Algorithm if name in self._states}
        return Fingerprint(digests, self._size)


def _new(name: Algorithm) -> hashlib._Hash:
    try:
        return hashlib.new(name, usedforsecurity=True)
    except ValueError as error:
        raise UsageError(
            f"This machine's OpenSSL has no {name}.", hint="Choose other digests in the settings."
        ) from error


def parse_digest(text: str) -> tuple[Algorithm, bytes]:
    """``sha256:HEX`` or a bare SHA-256 in hex. Raises FormatError."""
    name, colon, digits = text.strip().rpartition(":")
    try:
        algorithm = Algorithm(name.lower().replace("-", "_")) if colon else Algorithm.SHA256
    except ValueError as error:
        raise FormatError(
            "digest.unknown", f"The digest name {name[:20]!r} is not known."
        ) from error
    return algorithm, hex_bytes(digits.lower(), DIGEST_SIZE[algorithm], where="digest")
