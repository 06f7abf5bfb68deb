"""The kinds of database that a ledger can be in."""

from __future__ import annotations

from collections.abc import Mapping

from evidence_ledger.adapters.sql.dialect import SqlDialect
from evidence_ledger.adapters.sql.postgresql import Postgresql
from evidence_ledger.adapters.sql.sqlite import Sqlite

_KINDS: Mapping[str, SqlDialect] = {"sqlite": Sqlite(), "postgresql": Postgresql()}


def dialect_of(name: str) -> SqlDialect:
    """By SQLAlchemy's name of it."""
    return _KINDS[name]
