"""A tiled log in memory, with keys made from fixed seeds, for tests of what reads logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

from evidence_ledger.core import merkle, tile
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.cosignature import cosignature_line, cosigned_message
from evidence_ledger.core.note import Note, signature_line
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import LogUnreachable


@dataclass(frozen=True)
class TestKey:
    """A signing key of any type that signs notes."""

    __test__ = False

    name: str
    type: KeyType
    seed: bytes

    @property
    def private(self) -> ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey:
        if self.type == KeyType.ML_DSA_44:
            return mldsa.MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey.of(self.name, self.type, self.private.public_key().public_bytes_raw())

    def line(self, text: bytes, seconds: int = 1_700_000_000) -> bytes:
        """A signature line over a note text."""
        key = self.verifier
        if self.type == KeyType.ED25519:
            return signature_line(key.name, key.key_id, self.private.sign(text))
        signature = self.private.sign(cosigned_message(key, seconds, text))
        return cosignature_line(key, seconds, signature)


def make_key(name: str, key_type: KeyType = KeyType.ED25519_COSIGNATURE) -> TestKey:
    """The key of that name and type, always the same."""
    return TestKey(name, key_type, sha256(f"{name} {key_type}".encode()).digest())


LOG = make_key("log.example/7", KeyType.ED25519)
LOG_ML_DSA = make_key("log.example/7", KeyType.ML_DSA_44)


def spoilt(note: bytes, key: TestKey) -> bytes:
    """The note with the last bit of that key's signature turned."""
    found = Note.parse(note)
    lines = [
        replace(one, signature=one.signature[:-1] + bytes([one.signature[-1] ^ 1]))
        if one.key_id == key.verifier.key_id
        else one
        for one in found.signatures
    ]
    assert tuple(lines) != found.signatures
    return replace(found, signatures=tuple(lines)).encode()


@dataclass
class SmallLog:
    """All files of a log with these entries. Fulfils TileSource."""

    entries: Sequence[bytes]
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leaves = [merkle.leaf_hash(entry) for entry in self.entries]
        checkpoint = Checkpoint(LOG.name, len(self.leaves), merkle.root_hash(self.leaves))
        self.text = checkpoint.encode()
        self.root = checkpoint.root
        self.files["checkpoint"] = self.text + b"\n" + LOG.line(self.text)
        for path in tile.level_paths(None, len(self.leaves)):
            start = 256 * path.index
            bundle = tile.encode_bundle(self.entries[start : start + path.width])
            self.files[path.encode()] = bundle
        self._add_tiles()

    def _add_tiles(self) -> None:
        """By the definition: hash n of level l is the root over 256**l leaves from n on."""
        level, span, hashes = 0, 1, self.leaves
        while hashes:
            for path in tile.level_paths(level, len(self.leaves)):
                row = hashes[256 * path.index : 256 * path.index + path.width]
                self.files[path.encode()] = b"".join(row)
            level, span = level + 1, span * 256
            starts = range(0, len(self.leaves) - span + 1, span)
            hashes = [merkle.root_hash(self.leaves[at : at + span]) for at in starts]

    def checkpoint(self) -> bytes:
        return self.tile("checkpoint")

    def tile(self, path: str) -> bytes:
        if path not in self.files:
            raise LogUnreachable("There is no such file.", where=path)
        return self.files[path]

    def note(self, *cosigners: TestKey, signers: Sequence[TestKey] = (LOG,)) -> Note:
        """The checkpoint with these signatures."""
        lines = b"".join(key.line(self.text) for key in (*signers, *cosigners))
        return Note.parse(self.text + b"\n" + lines)

    def proof(self, index: int, note: Note) -> bytes:
        """The tlog-proof of an entry."""
        path = merkle.inclusion_proof(self.leaves, index)
        return TlogProof(index, tuple(path), note.encode()).encode()
