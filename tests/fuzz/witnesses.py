"""What logs send to a witness, and what a witness reads from its own memory."""

from __future__ import annotations

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.cosigned import Admitted, Remembered
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.core.witnessing import judge
from tests.fuzz.target import Target
from tests.small_log import LOG, LOG_ML_DSA
from tests.witness.bench import request, root

KEYS = (LOG.verifier, LOG_ML_DSA.verifier)
LATEST = Checkpoint(LOG.name, 3, root(3))
GROWN = request(3, 5)
SEEDS = (GROWN, request(3, 5, signers=(LOG, LOG_ML_DSA)), request(3, 3), request(0, 5))


def _request(data: bytes) -> None:
    found = AddCheckpoint.parse(data)
    assert found.encode() == data
    judgement = judge(found, KEYS, LATEST)
    if judgement.admitted is not None:
        assert found.checkpoint in (LATEST, AddCheckpoint.parse(GROWN).checkpoint)


def _memory(data: bytes) -> None:
    assert Remembered.parse(data).encode() == data


def targets() -> tuple[Target, ...]:
    """All of this file."""
    admitted = Admitted.of(AddCheckpoint.parse(GROWN).note)
    memories = Remembered(0, None, admitted).encode(), Remembered(7, bytes(32), admitted).encode()
    return (
        Target("witness-request", _request, SEEDS),
        Target("witness-memory", _memory, memories),
    )
