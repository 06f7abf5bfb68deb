"""Ledgers of older releases, and the schema that the migrations make."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from evidence_ledger.adapters.sql import lacking_groups, open_store, revision
from evidence_ledger.adapters.sql.dialects import dialect_of
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.core.algorithm import Digest
from evidence_ledger.core.chain import Admission, extend
from evidence_ledger.core.record_groups import Group
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.core.statement import Reference, Statement, TreePoint
from evidence_ledger.core.token_place import SealPlace
from evidence_ledger.stored import (
    RenewalKind,
    RenewedStrand,
    SealObjects,
    StoredRenewal,
    StoredSeal,
)
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
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0005'")
    with closing(open_store(path)) as store:
        assert store.special_entries(0, 701) == special
        assert list(store.orders_about(5, 701)) == [(5, bytes(32), 700)]
        assert list(store.orders_about(7, 700)) == []


@pytest.mark.parametrize("statement", ["'text'", "1000000000000", "x'00'"])
def test_a_damaged_order_keeps_no_older_ledger_closed(path: Path, statement: str) -> None:
    with closing(open_store(path)) as store:
        head = store.head()
        made = [admission(700)._replace(kind="order")]
        store.append(head, extend(head, edge_at(store, head.size), made, head.received or START))
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER documents_refuse_update")
        older.execute(f"UPDATE documents SET statement = {statement} WHERE entry = 700")  # noqa: S608 of this test
        older.execute(
            "INSERT INTO special_entries (entry, position, kind, about) VALUES (700, 0, 'order', 5)"
        )
        older.execute("DROP TABLE orders")
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0011'")
    with closing(open_store(path)) as store:
        assert list(store.orders_about(5, 701)) == []


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
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0008'")
    with closing(open_store(path)) as store:
        found = [list(store.seal_groups(number)) for number in range(3)]
    assert len(kept[2]) == 5
    assert found == [kept[0], [], kept[2]], "a damaged seal keeps no ledger from being opened"


TREE = StoredRenewal(0, RenewalKind.TREE, "sha512", True, START, bytes(128))
STRANDS = [
    RenewedStrand(SealPlace(0, 0), 0, tuple(range(300)), bytes(64 * 300)),
    RenewedStrand(SealPlace(0, 1), 1, (0, 5000), bytes(128)),
]


def _renewed(path: Path) -> list[list[Group]]:
    """A seal, sealed and renewed; what is kept of it."""
    with closing(open_store(path)) as store:
        store.add_seal(StoredSeal(0, 0, 0, bytes(32), b"signed"), SealObjects(bytes(9600), ()))
        store.add_renewal(TREE, STRANDS)
        store.add_renewal(replace(TREE, number=1, kind=RenewalKind.TIMESTAMP), [])
    return _kept(path)


def _kept(path: Path) -> list[list[Group]]:
    with closing(open_store(path, read_only=True)) as store:
        renewed = [list(store.renewed_groups(0, SealPlace(0, at))) for at in (0, 1)]
        return [list(store.seal_groups(0)), *renewed]


def test_renewals_of_older_ledgers_get_their_groups(path: Path) -> None:
    kept = _renewed(path)
    assert [len(one) for one in kept] == [3, 4, 3]
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0012'")
    open_store(path).close()
    assert _kept(path) == kept


def test_who_is_interrupted_leaves_no_renewal_with_some_of_its_groups(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit would call the ledger altered, and nobody would look for the others any more."""
    kept = _renewed(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER renewed_groups_refuse_delete")
        older.execute("DELETE FROM renewed_groups")

    def interrupted(objects: Sequence[int], hashes: bytes, digest: Digest) -> Iterator[Group]:
        if objects == STRANDS[1].objects:
            raise KeyboardInterrupt
        return kept_of_renewed(objects, hashes, digest)

    with monkeypatch.context() as patched:
        patched.setattr(lacking_groups, "kept_of_renewed", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_store(path)
    assert _kept(path) == [kept[0], [], []]
    open_store(path).close()
    assert _kept(path) == kept


def test_what_an_older_program_sealed_and_renewed_since_gets_its_groups(path: Path) -> None:
    """One that was running when the ledger got the newer schema."""
    kept = _renewed(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        for table in ("seal_groups", "renewed_groups"):
            older.execute(f"DROP TRIGGER {table}_refuse_delete")
            older.execute(f"DELETE FROM {table}")  # noqa: S608 a table's name
    assert _kept(path) == [[], [], []], "who only reads writes nothing"
    open_store(path).close()
    assert _kept(path) == kept


def test_a_damaged_renewal_stays_without_groups_and_keeps_no_ledger_closed(path: Path) -> None:
    kept = _renewed(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER renewed_strands_refuse_update")
        older.execute("UPDATE renewed_strands SET objects = x'0000' WHERE position = 1")
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0012'")
    open_store(path).close()
    assert _kept(path) == [*kept[:2], []]


def test_a_ledger_that_was_moved_away_gets_no_groups(path: Path) -> None:
    _renewed(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("DROP TRIGGER seal_groups_refuse_delete")
        older.execute("DELETE FROM seal_groups")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in dialect_of("sqlite").retirement("head"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    open_store(path).close()
    assert _kept(path)[0] == []


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
        older.execute("DROP TABLE renewed_groups")
        older.execute("UPDATE alembic_version SET version_num = '0009'")
    with closing(open_store(path)) as store:
        assert store.special_entries(0, 704) == special
        assert list(store.orders_about(5, 704)) == [(5, bytes(32), 702)]


def test_to_look_for_lacking_groups_reads_no_leaves(path: Path) -> None:
    """Each opening looks: a table of seals has all their leaves in it, an index has not."""
    query = str(lacking_groups._SEALS.compile(dialect=sqlite_dialect()))
    with closing(sqlite3.connect(path)) as raw:
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert "SCAN seals USING COVERING INDEX ix_seals_size" in plan
