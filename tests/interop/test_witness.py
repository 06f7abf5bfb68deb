"""Go's witness client as an independent client of our witness, over HTTP.

Needs Go and its module proxy; skipped, with the reason, without.
"""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from evidence_ledger.core.witness_request import AddCheckpoint
from tests.crash.test_witness_kill import running
from tests.interop.go_program import built
from tests.small_log import LOG, LOG_ML_DSA
from tests.witness.bench import STRANGER, WitnessBench, request

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    return built("witness", tmp_path_factory.mktemp("witness"))


def step(body: bytes) -> str:
    """A request in the client's words."""
    asked = AddCheckpoint.parse(body)
    return json.dumps(
        {
            "old": asked.old_size,
            "checkpoint": b64encode(asked.note.encode()).decode(),
            "proof": [b64encode(one).decode() for one in asked.proof],
        }
    )


def test_their_client_and_our_witness(client: Path, tmp_path: Path) -> None:
    bench = WitnessBench(tmp_path, keys=(LOG, LOG_ML_DSA))
    bench.open.close()
    both = (LOG, LOG_ML_DSA)
    steps = {
        request(0, 3, signers=both): "cosigned by 2 keys",
        request(3, 7): "cosigned by 2 keys",
        request(7, 7, signers=both): "cosigned by 2 keys",
        request(3, 9): "stale: the witness has 7",
        request(7, 7, "b"): "refused: roots do not match",
        request(7, 9, "b"): "refused: consistency proof invalid",
        request(9, 8): "refused: old size > current",
        request(7, 9, signers=(STRANGER,)): "refused: no valid signatures",
        request(7, 300, signers=both): "cosigned by 2 keys",
    }
    with running(bench.home) as (_, address):
        done = subprocess.run(
            [client, address, *bench.open.vkeys],
            input="".join(f"{step(body)}\n" for body in steps),
            capture_output=True,
            text=True,
        )
    assert done.stderr == ""
    assert done.stdout.splitlines() == list(steps.values())
