"""Keys that sign checkpoints: the log's Ed25519 key, and Ed25519 and ML-DSA-44 cosigners.

    PRIVATE+KEY+example.com/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

A key file is this line: name, key ID, base64(type ‖ 32-byte seed), as Go's sumdb/note writes it.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.keys.key_files import read_key_file
from evidence_ledger.core.canonical import base64_bytes
from evidence_ledger.core.cosignature import cosignature_line, cosigned_message
from evidence_ledger.core.note import signature_line
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import FormatError, KeyUnreadable, UsageError
from evidence_ledger.ports import Entropy

SEED_SIZE = 32

_PREFIX = "PRIVATE+KEY+"
_MODE = 0o600
_TYPES = frozenset({KeyType.ED25519, KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44})


class SoftwareNoteSigner:
    """The NoteSigner port on a key in memory. The key appears in no text form of it."""

    __slots__ = ("_key", "_seed", "_verifier_key")

    def __init__(self, name: str, key_type: KeyType, seed: bytes) -> None:
        """A key from its 32-byte seed. Raises UsageError, KeyUnreadable, FormatError (the name)."""
        if key_type not in _TYPES or len(seed) != SEED_SIZE:
            raise UsageError("Checkpoints are signed with Ed25519 or ML-DSA-44 keys.")
        self._seed = seed
        self._key = _private_key(key_type, seed)
        public = self._key.public_key().public_bytes_raw()
        self._verifier_key = VerifierKey.of(name, key_type, public)

    def __repr__(self) -> str:
        return f"SoftwareNoteSigner({self.vkey!r})"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not to be copied out of this process")

    @property
    def verifier_key(self) -> VerifierKey:
        """The public half."""
        return self._verifier_key

    @property
    def vkey(self) -> str:
        """The C2SP verifier key."""
        return self._verifier_key.encode()

    def sign(self, note_text: bytes, moment: datetime) -> bytes:
        """One signature line, newline included. Cosigners state ``moment`` in whole seconds.

        Raises FormatError where a cosigner is given what is not a checkpoint.
        """
        key = self._verifier_key
        if key.type == KeyType.ED25519:
            return signature_line(key.name, key.key_id, self._key.sign(note_text))
        seconds = int(moment.timestamp())
        signature = self._key.sign(cosigned_message(key, seconds, note_text))
        return cosignature_line(key, seconds, signature)

    def private_line(self) -> str:
        """The line of a key file."""
        key = self._verifier_key
        encoded = b64encode(bytes((key.type,)) + self._seed).decode()
        return f"{_PREFIX}{key.name}+{key.key_id.hex()}+{encoded}"


def _private_key(
    key_type: KeyType, seed: bytes
) -> ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey:
    if key_type != KeyType.ML_DSA_44:
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    try:
        return mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise KeyUnreadable("This machine's cryptography has no ML-DSA.") from error


def generate_note_signer(
    name: str, key_type: KeyType, entropy: Entropy | None = None
) -> SoftwareNoteSigner:
    """A fresh key. Raises FormatError for a name that notes can't hold."""
    return SoftwareNoteSigner(name, key_type, (entropy or SystemEntropy()).take(SEED_SIZE))


def save_note_signer(signer: SoftwareNoteSigner, path: Path) -> None:
    """Write the key to a new file that only its owner can read.

    Raises OutputExists, OutputUnwritable.
    """
    write_new(path, f"{signer.private_line()}\n".encode(), mode=_MODE)


def open_note_signer(path: Path) -> SoftwareNoteSigner:
    """The key in a file. Raises KeyUnreadable."""
    try:
        return _parse(read_key_file(path).decode().removesuffix("\n"))
    except (FormatError, UsageError, ValueError) as error:
        raise KeyUnreadable(
            f"{path.name} is not a key for checkpoints.", where=str(path)
        ) from error


def _parse(line: str) -> SoftwareNoteSigner:
    name, digits, encoded = line.removeprefix(_PREFIX).split("+", 2)
    data = base64_bytes(encoded, where="key")
    signer = SoftwareNoteSigner(name, KeyType(int.from_bytes(data[:1], "big")), data[1:])
    if not line.startswith(_PREFIX) or signer.verifier_key.key_id.hex() != digits:
        raise FormatError("key.id", "The key ID is not that of the key.")
    return signer
