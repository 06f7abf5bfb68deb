"""Go's transparency libraries as an independent judge of our checkpoints and inclusion proofs.

Needs Go and its module proxy; skipped, with the reason, without.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interop.go_program import built
from tests.workbench import Workbench, note_signers

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    return built("tlog", tmp_path_factory.mktemp("tlog"))


@pytest.fixture
def proofs(tmp_path: Path) -> list[tuple[Path, Path]]:
    """Proofs and leaves of all entries of a ledger that was sealed three times."""
    bench = Workbench(tmp_path)
    for count in (1, 4, 6):
        for _ in range(count):
            bench.deposit()
        assert bench.ledger.seal().seal is not None
    found = []
    for index in range(bench.store.head().size - 1):
        parts = bench.issue(index)
        proof, leaf = tmp_path / f"{index}.tlog-proof", tmp_path / f"{index}.json"
        proof.write_bytes(parts.proof)
        leaf.write_bytes(parts.entry)
        found.append((proof, leaf))
    return found


def judged(judge: Path, proof: Path, leaf: Path) -> str:
    """What the program says."""
    keys = [one.vkey for one in note_signers()]
    done = subprocess.run([judge, proof, leaf, *keys], capture_output=True, text=True)
    return done.stdout


def test_our_proofs_are_accepted(judge: Path, proofs: list[tuple[Path, Path]]) -> None:
    assert len(proofs) == 13
    for proof, leaf in proofs:
        assert judged(judge, proof, leaf) == "accepted\n"


def test_another_entry_is_refused(judge: Path, proofs: list[tuple[Path, Path]]) -> None:
    assert judged(judge, proofs[2][0], proofs[3][1]).startswith("refused")


def test_an_altered_checkpoint_is_refused(judge: Path, proofs: list[tuple[Path, Path]]) -> None:
    proof, leaf = proofs[5]
    data = bytearray(proof.read_bytes())
    data[-40] ^= 1
    proof.write_bytes(data)
    assert judged(judge, proof, leaf).startswith("refused")
