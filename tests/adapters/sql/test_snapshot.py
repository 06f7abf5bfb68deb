"""What one look reads is of one moment, whatever others write meanwhile."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from evidence_ledger.adapters.sql.engine import snapshot
from evidence_ledger.adapters.sql.opening import open_engine
from evidence_ledger.adapters.sql.prepared import Prepared
from evidence_ledger.adapters.sql.schema import entries
from tests.workbench import Workbench


def test_a_snapshot_does_not_see_what_is_appended_meanwhile(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.deposit()
    engine = open_engine(bench.database, read_only=True)
    try:
        numbers = Prepared(select(entries.c.number), engine.dialect)
        with snapshot(engine, "here") as connection:
            before = numbers.rows(connection)
            bench.deposit()
            assert numbers.rows(connection) == before
        with snapshot(engine, "here") as connection:
            assert len(numbers.rows(connection)) == 2
    finally:
        engine.dispose()
