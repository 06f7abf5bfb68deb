"""A ledger in PostgreSQL, empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.sql import open_store
from evidence_ledger.ports import Store


@pytest.fixture
def store(ledger_database: PostgresqlDatabase) -> Iterator[Store]:
    with closing(open_store(ledger_database)) as made:
        yield made
