"""Cosignatures of checkpoints (C2SP tlog-cosignature v1.1.0-rc.1): Ed25519 and ML-DSA-44.

    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b…

After the key ID come u64be seconds since 1970 and the signature, over one of two messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import SignatureLine
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import FormatError, Refused

LATEST_SECONDS = 2**63 - 1
SIGNATURE_SIZE = {KeyType.ED25519_COSIGNATURE: 64, KeyType.ML_DSA_44: 2420}

_LAST_DATE = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Cosignature:
    """When a cosigner says that it signed, in seconds since 1970, and its signature."""

    seconds: int
    signature: bytes

    @property
    def moment(self) -> datetime | None:
        """The UTC time; None for 0 (no statement of time) and after the year 9999."""
        if 0 < self.seconds <= _LAST_DATE:
            return datetime.fromtimestamp(self.seconds, UTC)
        return None

    def encode(self) -> bytes:
        """What follows the key ID in a signature line. Raises FormatError."""
        _check_seconds(self.seconds)
        return self.seconds.to_bytes(8, "big") + self.signature

    @classmethod
    def parse(cls, payload: bytes, key_type: int) -> Cosignature:
        """The cosignature in what follows the key ID. Raises FormatError."""
        size = SIGNATURE_SIZE[KeyType(key_type)]
        if len(payload) != 8 + size:
            raise FormatError(
                "cosignature.length", f"A cosignature has {len(payload)} bytes, not {8 + size}."
            )
        seconds = int.from_bytes(payload[:8], "big")
        _check_seconds(seconds)
        return cls(seconds, payload[8:])


def cosigned_message_ed25519(seconds: int, text: bytes) -> bytes:
    """What an Ed25519 cosigner signs: ``text`` is the whole note text."""
    _check_seconds(seconds)
    return b"cosignature/v1\ntime %d\n" % seconds + text


def cosigned_message_mldsa(
    name: str, seconds: int, origin: str, size: int, root: bytes, *, start: int = 0
) -> bytes:
    """What an ML-DSA-44 cosigner called ``name`` signs over leaves ``start`` to ``size``.

    The message holds no extension lines: an ML-DSA-44 cosignature says nothing about them.
    Raises FormatError for a name or origin of more than 255 bytes.
    """
    _check_seconds(seconds)
    if start and seconds:
        raise FormatError("cosignature.subtree-time", "A cosigned subtree carries a time.")
    numbers = start.to_bytes(8, "big") + size.to_bytes(8, "big")
    moment = seconds.to_bytes(8, "big")
    return b"subtree/v1\n\x00" + _short(name) + moment + _short(origin) + numbers + root


def cosigned_message(key: VerifierKey, seconds: int, text: bytes) -> bytes:
    """What ``key`` signs for the checkpoint with this note text. Raises FormatError."""
    if key.type == KeyType.ED25519_COSIGNATURE:
        return cosigned_message_ed25519(seconds, text)
    seen = Checkpoint.parse(text)
    return cosigned_message_mldsa(key.name, seconds, seen.origin, seen.size, seen.root)


def cosignature_line(key: VerifierKey, seconds: int, signature: bytes) -> bytes:
    """The signature line, newline included. Raises FormatError."""
    payload = Cosignature(seconds, signature).encode()
    return SignatureLine(key.name, key.key_id, payload).encode()


def verify_cosignature(key: VerifierKey, text: bytes, payload: bytes) -> Cosignature:
    """Check what follows the key ID of a line of ``key`` under the note text.

    ``key`` has type 0x04 or 0x06. Raises Refused, FormatError, Undecided.
    """
    try:
        found = Cosignature.parse(payload, key.type)
    except FormatError as error:
        raise Refused("cosignature.malformed", error.message, where=key.name) from error
    key.check(cosigned_message(key, found.seconds, text), found.signature)
    return found


def _check_seconds(seconds: int) -> None:
    if not 0 <= seconds <= LATEST_SECONDS:
        raise FormatError("cosignature.time", "A cosignature's time is out of range.")


def _short(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise FormatError(
            "cosignature.name-length", "A cosigner's name or an origin has not 1 to 255 bytes."
        )
    return bytes([len(data)]) + data
