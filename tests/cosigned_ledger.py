"""A ledger whose seals witnesses cosign, and what tests ask of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from evidence_ledger.core import statement
from evidence_ledger.errors import (
    WitnessUnreachable,
)
from evidence_ledger.ledger import SealResult
from evidence_ledger.sealing.cosigning import CosigningRules
from evidence_ledger.stored import StoredSeal
from tests.fake_witness import FakeWitness
from tests.workbench import Workbench

DOWN = WitnessUnreachable("down")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    made = Workbench(tmp_path)
    yield made
    made.store.close()


def witnesses(
    bench: Workbench, *names: str, rules: CosigningRules | None = None
) -> list[FakeWitness]:
    """Witnesses of the ledger from now on."""
    made = [FakeWitness(name, bench.clock) for name in names]
    bench.witnesses = [*made]
    bench.cosigning = rules or CosigningRules()
    bench.ledger = bench.reopened()
    return made


def sealed(bench: Workbench) -> SealResult:
    bench.deposit()
    result = bench.ledger.seal()
    assert result.seal is not None
    return result


def whose(seal: StoredSeal | None) -> list[str]:
    """The witnesses of a seal, each once."""
    assert seal is not None
    return list(dict.fromkeys(one.witness for one in seal.cosignatures))


def stored(bench: Workbench, number: int) -> StoredSeal:
    seal = bench.store.seal(number)
    assert seal is not None
    return seal


def named(bench: Workbench) -> list[bytes]:
    """The cosignatures that the chain names, in order."""
    facts = [statement.parse(one.statement or b"").seal for one in bench.ledger.entries()]
    return [digest for fact in facts if fact is not None for digest in fact.cosignatures]


def lines_of(seal: StoredSeal) -> list[bytes]:
    return [hashlib.sha256(one.line).digest() for one in seal.cosignatures]


class Spy:
    """A witness whose questions are looked at."""

    def __init__(self, inner: FakeWitness, look: Callable[[bytes], object]) -> None:
        self._inner, self._look = inner, look
        self.name, self.vkeys = inner.name, inner.vkeys

    def add_checkpoint(self, old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
        self._look(note)
        return self._inner.add_checkpoint(old_size, proof, note)

    def close(self) -> None:
        self._inner.close()
