"""A growing log that can fork, and a witness whose clock and files a test holds in its hands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.witness.service import Outcome
from evidence_ledger.witness_assembly import OpenWitness, create_witness, open_witness
from tests.fakes import FakeClock, SeededEntropy
from tests.small_log import LOG, TestKey, make_key

NAME = "witness.example/office"
STRANGER = make_key("stranger.example")
FORK_AT = 4


def leaves(size: int, branch: str = "a") -> list[bytes]:
    """Leaf hashes of a log of which all branches have the first four entries in common."""
    return [merkle.leaf_hash(f"{'' if n < FORK_AT else branch}{n}".encode()) for n in range(size)]


def root(size: int, branch: str = "a") -> bytes:
    """The root of a tree of the log."""
    return merkle.root_hash(leaves(size, branch))


def proof(old: int, size: int, branch: str = "a") -> list[bytes]:
    """The consistency proof; empty where there is nothing to prove."""
    return merkle.consistency_proof(leaves(size, branch), old) if 0 < old < size else []


def note_of(checkpoint: Checkpoint, signers: Sequence[TestKey] = (LOG,)) -> Note:
    """A checkpoint, right or wrong, with signatures."""
    text = checkpoint.encode() if checkpoint.size else raw_text(checkpoint)
    return Note.parse(text + b"\n" + b"".join(key.line(text) for key in signers))


def raw_text(checkpoint: Checkpoint) -> bytes:
    """The text without any check of what it says."""
    from base64 import b64encode

    return (
        f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n".encode()
    )


def request(old: int, size: int, branch: str = "a", signers: Sequence[TestKey] = (LOG,)) -> bytes:
    """A right request for one branch of the log."""
    checkpoint = Checkpoint(LOG.name, size, root(size, branch))
    note = note_of(checkpoint, signers)
    return AddCheckpoint(old, tuple(proof(old, size, branch)), note, checkpoint).encode()


@dataclass
class WitnessBench:
    """One witness in a folder, which serves the log."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    keys: Sequence[TestKey] = (LOG,)

    def __post_init__(self) -> None:
        self.home = WitnessHome(self.folder / "witness")
        create_witness(self.home, NAME, entropy=SeededEntropy(NAME))
        self.open = open_witness(self.home, self.clock)
        self.open.logs.add([key.verifier for key in self.keys])

    @property
    def vkeys(self) -> list[VerifierKey]:
        return [VerifierKey.parse(vkey) for vkey in self.open.vkeys]

    def ask(self, body: bytes) -> Outcome:
        return self.open.service.add_checkpoint(body)

    def add(self, old: int, size: int, branch: str = "a") -> int:
        """The status of a right request."""
        return self.ask(request(old, size, branch)).answer.status

    def reopened(self) -> OpenWitness:
        """The witness as its next process sees it."""
        self.open.close()
        self.open = open_witness(self.home, self.clock)
        return self.open

    def published(self) -> bytes | None:
        return self.open.service.published(hashlib.sha256(LOG.name.encode()).digest())

    def checkpoint(self) -> Checkpoint | None:
        """What the witness says that it cosigned last; the signatures are checked."""
        data = self.published()
        if data is None:
            return None
        note = Note.parse(data)
        signed = verify_note(note, [LOG.verifier, *self.vkeys])
        assert len(signed) == 3
        return Checkpoint.parse(note.text)

    def state(self) -> bytes:
        """All that would have to stay the same after a refusal."""
        memory = sorted((path.name, path.read_bytes()) for path in self.home.memory.iterdir())
        return repr((self.published(), memory)).encode()
