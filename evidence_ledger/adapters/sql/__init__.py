"""The ledger in an SQL database."""

from evidence_ledger.adapters.sql.opening import create_store, open_store
from evidence_ledger.adapters.sql.store import SqlStore

__all__ = ["SqlStore", "create_store", "open_store"]
