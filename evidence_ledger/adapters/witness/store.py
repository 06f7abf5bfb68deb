"""The witness's database: the logs, and of each the last checkpoint that was cosigned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from evidence_ledger.adapters.witness.database import database_errors, open_database
from evidence_ledger.core.canonical import time_of, time_text
from evidence_ledger.core.cosigned import Admitted, Cosigned
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, WitnessCorrupt
from evidence_ledger.witness_ports import WitnessedLog

_COSIGNED = "SELECT text, signatures, cosignatures, moment, digest FROM cosigned"


class WitnessDatabase:
    """See witness_ports.WitnessStore. One thread may write while another reads."""

    def __init__(self, path: Path) -> None:
        """Raises WitnessNotFound, WitnessCorrupt, WitnessNewer, WitnessUnavailable."""
        self._path = path
        self._writer = open_database(path)
        self._reader = open_database(path)
        self._writing, self._reading = Lock(), Lock()

    def close(self) -> None:
        """See the port."""
        self._reader.close()
        self._writer.close()

    @contextmanager
    def turn(self) -> Iterator[DatabaseTurn]:
        """See the port."""
        with self._writing, database_errors(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield DatabaseTurn(self._writer)
                self._writer.commit()
            except BaseException:
                self._writer.rollback()
                raise

    def logs(self) -> Sequence[WitnessedLog]:
        """See the port."""
        with self._reading, database_errors(self._path):
            rows = self._reader.execute("SELECT origin FROM logs ORDER BY origin").fetchall()
            turn = DatabaseTurn(self._reader)
            return [log for (origin,) in rows if (log := turn.log(origin)) is not None]

    def published(self, origin_hash: bytes) -> Cosigned | None:
        """See the port."""
        asked = f"{_COSIGNED} JOIN logs USING (origin) WHERE origin_hash = ?"
        with self._reading, database_errors(self._path):
            row = self._reader.execute(asked, (origin_hash,)).fetchone()
        return None if row is None else _cosigned(row, origin_hash.hex())

    def add_log(self, log: WitnessedLog) -> WitnessedLog:
        """See the port."""
        with self.turn() as turn:
            turn.add(log)
            found = turn.log(log.origin)
        if found is None:
            raise WitnessCorrupt("A log that was added is not there.", where=log.origin)
        return found


class DatabaseTurn:
    """See witness_ports.WitnessTurn."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def log(self, origin: str) -> WitnessedLog | None:
        """See the port."""
        run = self._connection.execute
        row = run("SELECT url FROM logs WHERE origin = ?", (origin,)).fetchone()
        if row is None:
            return None
        asked = "SELECT vkey FROM log_keys WHERE origin = ? ORDER BY vkey"
        vkeys = run(asked, (origin,)).fetchall()
        try:
            keys = tuple(_key(vkey) for (vkey,) in vkeys)
        except FormatError as error:
            raise WitnessCorrupt("A stored key of a log is damaged.", where=origin) from error
        return WitnessedLog(origin, keys, row[0])

    def latest(self, origin: str) -> Cosigned | None:
        """See the port."""
        row = self._held(origin)
        if row is None:
            return None
        found = _cosigned(row, origin)
        if not found.admitted.text.startswith(origin.encode() + b"\n"):
            raise WitnessCorrupt("A stored checkpoint is that of another log.", where=origin)
        return found

    def replace(self, origin: str, before: Cosigned | None, after: Cosigned) -> None:
        """See the port."""
        row = _row(after)
        values = (*row, origin)
        if before is None:
            changed = self._connection.execute(
                "INSERT INTO cosigned (text, signatures, cosignatures, moment, digest, origin)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        else:
            changed = self._connection.execute(
                "UPDATE cosigned SET text = ?, signatures = ?, cosignatures = ?, moment = ?,"
                " digest = ? WHERE origin = ? AND digest = ?",
                (*values, _row(before)[-1]),
            )
        if changed.rowcount != 1 or self._held(origin) != row:
            raise WitnessCorrupt(
                "The latest checkpoint is not the one that was read.", where=origin
            )

    def put(self, origin: str, after: Cosigned) -> None:
        """See the port."""
        self._connection.execute("DELETE FROM cosigned WHERE origin = ?", (origin,))
        self.replace(origin, None, after)

    def _held(self, origin: str) -> _Row | None:
        asked = f"{_COSIGNED} WHERE origin = ?"
        row: _Row | None = self._connection.execute(asked, (origin,)).fetchone()
        return row

    def add(self, log: WitnessedLog) -> None:
        """Insert a log, or what is new of it."""
        self._connection.execute(
            "INSERT INTO logs (origin, origin_hash, url) VALUES (?, ?, ?) ON CONFLICT (origin)"
            " DO UPDATE SET url = coalesce(excluded.url, url)",
            (log.origin, sha256(log.origin.encode()).digest(), log.url),
        )
        for key in log.keys:
            self._connection.execute(
                "INSERT INTO log_keys (origin, vkey) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (log.origin, key.encode()),
            )


_Row = tuple[bytes, bytes, bytes, str, bytes]

_key = lru_cache(1024)(VerifierKey.parse)


def _row(kept: Cosigned) -> _Row:
    parts = kept.admitted.text, kept.admitted.signatures, kept.cosignatures
    moment = time_text(kept.moment)
    return *parts, moment, _digest(*parts, moment)


def _digest(text: bytes, signatures: bytes, cosignatures: bytes, moment: str) -> bytes:
    """Over the lengths and bytes of a row, so that a bit that flips on the disk is seen."""
    head = f"{len(text)} {len(signatures)} {len(cosignatures)} {moment}\n".encode()
    return sha256(head + text + signatures + cosignatures).digest()


def _cosigned(row: _Row, where: str) -> Cosigned:
    text, signatures, cosignatures, moment, digest = row
    if _digest(text, signatures, cosignatures, moment) != digest:
        raise WitnessCorrupt("A stored checkpoint is damaged.", where=where)
    try:
        admitted = Admitted(text, signatures)
        return Cosigned(admitted, cosignatures, time_of(moment, where="moment"))
    except FormatError as error:
        raise WitnessCorrupt("A stored checkpoint is malformed.", where=where) from error
