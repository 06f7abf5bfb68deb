"""Taking a ledger's second fence down: what erases without an entry that says so."""

from __future__ import annotations

import sqlite3


def take_down(connection: sqlite3.Connection) -> None:
    """Let documents, claims, fingerprints and timestamps over files go without an erasure."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_unasked_%'"
    ).fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
