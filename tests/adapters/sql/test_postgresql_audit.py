"""The audit of a ledger in PostgreSQL."""

from __future__ import annotations

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.errors import (
    LedgerCorrupt,
    Refused,
)
from evidence_ledger.ports import Store
from tests.chain_factory import START, admission, fill
from tests.postgresql import Server


@pytest.mark.parametrize("processes", [1, 2])
def test_the_audit_reads_everything(
    store: Store, ledger_database: PostgresqlDatabase, processes: int
) -> None:
    fill(store, 3000, claims=0)
    findings = audit_chain(ledger_database, processes=processes, claims=False)
    assert findings.edge.size == 3000


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET data = data || ' ' WHERE number = 5",
        "UPDATE entries SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE number = 299",
        "UPDATE documents SET statement = statement || ' ' WHERE entry = 7",
        "UPDATE tiles SET hashes = overlay(hashes PLACING 'x' FROM 100)",
        "UPDATE tiles SET inner_nodes = overlay(inner_nodes PLACING 'x' FROM 100)",
        "DELETE FROM tiles",
        "UPDATE head SET size = size + 1",
        "UPDATE head SET size = size - 1",
        "INSERT INTO claims SELECT entry, -1, data FROM claims WHERE entry = 0",
    ],
)
def test_the_audit_finds_what_was_changed(
    store: Store,
    ledger_database: PostgresqlDatabase,
    postgresql_server: Server,
    change: str,
) -> None:
    fill(store, 300)
    assert audit_chain(ledger_database).edge.size == 300
    for table in metadata.sorted_tables:
        postgresql_server.run(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL", ledger_database)
    postgresql_server.run(change, ledger_database)
    with pytest.raises((Refused, LedgerCorrupt)):
        audit_chain(ledger_database)


def test_the_audit_finds_a_statement_entered_twice(
    store: Store, ledger_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    postgresql_server.run(
        "ALTER TABLE entries DROP CONSTRAINT entries_statement_hash_key", ledger_database
    )
    store.append(Head(), extend(Head(), Edge(), [admission(0, claims=0)] * 2, START))
    with pytest.raises(Refused) as caught:
        audit_chain(ledger_database)
    assert caught.value.reason == "audit.repeated"
