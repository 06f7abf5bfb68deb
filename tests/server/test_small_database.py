"""Small databases beside the ledger: many may need one at the moment when it is made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

from evidence_ledger_server.access.nonces import FileNonces
from tests.fakes import NOON

SIGNER = bytes(32)
UNTIL = NOON + timedelta(minutes=1)
MANY = 6


def test_of_many_at_a_file_that_is_not_there_yet_one_takes_the_nonce(tmp_path: Path) -> None:
    """SQLite does not wait for whoever changes just now how a file is journaled."""
    with ThreadPoolExecutor(MANY) as pool:
        for number in range(20):
            path, together = tmp_path / f"{number}.sqlite", Barrier(MANY)

            def take(_: int, path: Path = path, together: Barrier = together) -> bool:
                together.wait()
                return FileNonces(path).take(SIGNER, "nonce", NOON, UNTIL)

            assert sorted(pool.map(take, range(MANY))) == [False] * (MANY - 1) + [True]
