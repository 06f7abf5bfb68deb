"""The nonces of signed requests, each good for once, for all processes of one host."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from evidence_ledger_server.access.database import SmallDatabase

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS nonces (digest BLOB PRIMARY KEY, until INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS nonces_until ON nonces (until)",
)


class FileNonces:
    """See ports.NonceMemory. Remembers for as long as the signatures would be taken."""

    def __init__(self, path: Path) -> None:
        self._database = SmallDatabase(path, _SCHEMA)

    def take(self, signer: bytes, nonce: str, now: datetime, until: datetime) -> bool:
        """See ports.NonceMemory."""
        digest = hashlib.sha256(signer + nonce.encode("ascii")).digest()
        with self._database.open() as connection:
            connection.execute("DELETE FROM nonces WHERE until < ?", [int(now.timestamp())])
            row = [digest, int(until.timestamp()) + 1]
            added = connection.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", row)
            return added.rowcount == 1
