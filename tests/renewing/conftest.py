"""A ledger with something to renew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench import Workbench, fact


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """A ledger with two seals of two tokens each, a while ago."""
    bench = Workbench(tmp_path)
    for number in range(2):
        bench.deposit([fact(f"{number}.txt", b"%d" % number)])
        bench.ledger.seal()
    bench.clock.move(days=100)
    return bench
