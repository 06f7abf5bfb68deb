"""The nonces of signed requests in PostgreSQL, for the servers of all hosts."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from evidence_ledger.adapters.sql.engine import reading
from evidence_ledger.adapters.sql.prepared import Prepared
from evidence_ledger.adapters.sql.schema import nonces
from evidence_ledger.errors import LedgerReadOnly

APART = timedelta(minutes=1)
"""So far the clocks of hosts may be apart: nonces are kept for longer than they would be taken."""


class SqlNonces:
    """See ports.NonceMemory. Each statement is a transaction of its own: nobody's turn is waited
    for, and where the connection is lost nothing is tried again, since it may have been taken."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._prune = Prepared(
            delete(nonces).where(nonces.c.until < bindparam("now")), engine.dialect
        )
        values: dict[str, Any] = {"digest": bindparam("taken"), "until": bindparam("end")}
        self._add = Prepared(insert(nonces).values(values).on_conflict_do_nothing(), engine.dialect)

    def take(self, signer: bytes, nonce: str, now: datetime, until: datetime) -> bool:
        """See ports.NonceMemory."""
        digest = hashlib.sha256(signer + nonce.encode("ascii")).digest()
        end = int((until + APART).timestamp()) + 1
        with reading(self._engine, self._place) as connection:
            added = self._add.change(connection, taken=digest, end=end)
        if added == 1:
            self._forget(now)
        return added == 1

    def _forget(self, now: datetime) -> None:
        """Those that ended. A user who may delete nothing leaves it to others."""
        with suppress(LedgerReadOnly), reading(self._engine, self._place) as connection:
            self._prune.change(connection, now=int(now.timestamp()))
