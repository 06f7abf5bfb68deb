"""Ledgers of older releases, and the schema that the migrations make."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from evidence_ledger.adapters.sql import open_store, revision
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.core.chain import Admission, extend
from evidence_ledger.core.statement import Reference, Statement, TreePoint
from evidence_ledger.stored import SealObjects, StoredSeal
from evidence_ledger.tree import edge_at
from tests.adapters.sql.test_opening import path
from tests.chain_factory import START, admission

__all__ = ["path"]


def test_the_migrations_make_the_schema(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_revision_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(revision.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == revision.NEWEST


def test_orders_of_older_ledgers_are_entered_into_the_new_table(path: Path) -> None:
    point, refs = TreePoint(0, bytes(32)), (Reference(5, bytes(32)), Reference(7, bytes(32)))
    order = Statement("order", "l", point, bytes(32), START, point, bytes(16), refs)
    with closing(open_store(path)) as store:
        head = store.head()
        made = [admission(700)._replace(kind="order", statement=order.encode())]
        moment = head.received or START
        store.append(head, extend(head, edge_at(store, head.size), made, moment))
        special = store.special_entries(0, 701)
    assert [one.about for one in special] == [5, 7]
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TABLE special_entries")
        older.execute("DROP TABLE marks")
        older.execute("DROP TABLE seal_groups")
        older.execute("DROP TABLE orders")
        older.execute("UPDATE alembic_version SET version_num = '0005'")
    with closing(open_store(path)) as store:
        assert store.special_entries(0, 701) == special
        assert list(store.orders_about(5, 701)) == [(5, bytes(32), 700)]
        assert list(store.orders_about(7, 700)) == []


def test_seals_of_older_ledgers_get_their_groups(path: Path) -> None:
    seals = [StoredSeal(number, 0, 0, bytes(32), b"signed") for number in range(3)]
    leaves = [number.to_bytes(32) for number in range(700)]
    with closing(open_store(path)) as store:
        store.add_seal(seals[0], SealObjects(leaves[0], ()))
        store.add_seal(seals[1], SealObjects(leaves[0], ()))
        store.add_seal(seals[2], SealObjects(b"".join(leaves), (1, 9)))
        kept = [list(store.seal_groups(number)) for number in range(3)]
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER seals_refuse_update")
        older.execute("UPDATE seals SET leaves = x'00' WHERE number = 1")
        older.execute("DROP TABLE seal_groups")
        older.execute("DROP TABLE orders")
        older.execute("UPDATE alembic_version SET version_num = '0008'")
    with closing(open_store(path)) as store:
        found = [list(store.seal_groups(number)) for number in range(3)]
    assert len(kept[2]) == 5
    assert found == [kept[0], [], kept[2]], "a damaged seal keeps no ledger from being opened"


def test_attestations_of_older_ledgers_are_entered_into_the_table(path: Path) -> None:
    point = TreePoint(0, bytes(32))
    refs = (Reference(5, bytes(32)), Reference(7, bytes(32)))
    with closing(open_store(path)) as store:
        head = store.head()
        made: list[Admission] = []
        for kind in ("attestation", "handover", "order", "erasure"):
            said = Statement(kind, "l", point, bytes(32), START, point, bytes(16), refs).encode()
            made.append(admission(700 + len(made))._replace(kind=kind, statement=said))
        edge = edge_at(store, head.size)
        store.append(head, extend(head, edge, made, head.received or START))
        special = store.special_entries(0, 704)
        assert [(one.kind, one.about) for one in special[::2]] == [
            (kind, 5) for kind in ("attestation", "handover", "order", "erasure")
        ]
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER special_entries_refuse_delete")
        older.execute("DELETE FROM special_entries WHERE kind <> 'order'")
        older.execute("DROP TABLE orders")
        older.execute("UPDATE alembic_version SET version_num = '0009'")
    with closing(open_store(path)) as store:
        assert store.special_entries(0, 704) == special
        assert list(store.orders_about(5, 704)) == [(5, bytes(32), 702)]
