"""What a monitor holds in memory does not grow with its looks, the ledger, or what it tells."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from evidence_ledger.adapters.monitor import alert_file
from evidence_ledger.core.digest import Algorithm
from tests.monitor.bench import FakeLedger, bench

LEASE = sha256(b"lease").digest()
LOOKS = 40
FRAMES = 12
"""Enough to see who asked for memory: the pretended ledger does not count."""


def held() -> int:
    """Bytes that are held, without what the pretended ledger holds."""
    gc.collect()
    other = tracemalloc.Filter(False, "*/tests/monitor/bench.py", all_frames=True)
    traces = tracemalloc.take_snapshot().filter_traces([other])
    return sum(one.size for one in traces.statistics("filename"))


def trouble(ledger: FakeLedger, day: int) -> None:
    """Each day entries with a watched file; every third day the ledger does not answer."""
    ledger.clock.move(days=1)
    ledger.add(3, digest=LEASE)
    ledger.publish()
    ledger.broken["checkpoint"] = None
    if day % 3:
        del ledger.broken["checkpoint"]
    ledger.asked.clear()


def test_memory_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_file, "MOST_IDS", 30)
    monitor, ledger = bench(tmp_path, 100)
    watched = {(Algorithm.SHA256, LEASE): "lease.pdf"}
    monitor.rules = replace(monitor.rules, files=watched)
    sizes = []
    with monitor.opened() as (opened, alerts):
        try:
            for day in range(3 * LOOKS):
                if day == LOOKS:
                    tracemalloc.start(FRAMES)
                trouble(ledger, day)
                opened.look()
                for _, place in alerts.untold():
                    alerts.was_told(place)
                if day in (2 * LOOKS - 1, 3 * LOOKS - 1):
                    sizes.append(held())
        finally:
            tracemalloc.stop()
    lines = (monitor.folder / "alerts.jsonl").read_text().count("\n")
    assert lines > 2 * 3 * LOOKS
    # 32 bytes a hash: the edge of a tree of 460 leaves may be larger than that of one of 220.
    assert sizes[1] - sizes[0] < 16 * 1024, sizes
