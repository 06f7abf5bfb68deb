"""A witness that keeps the rules of C2SP tlog-witness, in memory, and as a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock

from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import Refused, WitnessElsewhere, WitnessRefused
from evidence_ledger.ports import Clock
from tests.small_log import TestKey, make_key
from tests.workbench import note_signers


class FakeWitness:
    """The Witness port. ``answer`` may spoil what it says, ``gate`` holds it up until it is set."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        keys: Sequence[TestKey] | None = None,
        logs: Sequence[str] | None = None,
        answer: Callable[[bytes], bytes] = bytes,
    ) -> None:
        both = (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)
        self.name = name
        self.keys = tuple(keys or (make_key(f"{name}.example", kind) for kind in both))
        self.vkeys = tuple(one.verifier.encode() for one in self.keys)
        self.answer = answer
        self.gate = Event()
        self.gate.set()
        self.asked: list[int] = []
        self.down: Exception | None = None
        self.state: tuple[int, bytes] = (0, merkle.EMPTY_ROOT)
        self._clock = clock
        texts = [one.vkey for one in note_signers()] if logs is None else logs
        self._logs = [VerifierKey.parse(one) for one in texts]
        self._lock = Lock()
        self.closed = False

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        self.gate.wait(60)
        with self._lock:
            self.asked.append(old_size)
            if self.down is not None:
                raise self.down
            return self.answer(self._cosigned(old_size, proof, Note.parse(note)))

    def _cosigned(self, old_size: int, proof: Sequence[bytes], note: Note) -> bytes:
        point = Checkpoint.parse(note.text, extensions_allowed=False)
        if not known_signatures(note, self._logs):
            raise WitnessRefused("unknown log")
        size, root = self.state
        if old_size != size:
            raise WitnessElsewhere("409", size=size)
        try:
            if size == 0:
                assert not proof
            elif size == point.size:
                assert root == point.root
                assert not proof
            else:
                merkle.verify_consistency(size, root, point.size, point.root, proof)
        except (Refused, AssertionError) as error:
            raise WitnessRefused("422") from error
        self.state = (point.size, point.root)
        seconds = int(self._clock.now().timestamp())
        return b"".join(key.line(note.text, seconds) for key in self.keys)

    def close(self) -> None:
        self.closed = True
