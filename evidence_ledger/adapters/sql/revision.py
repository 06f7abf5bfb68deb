"""The schema's revision: checked at every opening, migrated by Alembic only where it is old."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from evidence_ledger.errors import LedgerCorrupt, LedgerNewer

NEWEST = "0013"
KNOWN = frozenset({*(f"{number:04}" for number in range(1, 13)), NEWEST})

_FOLDER = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))


def revision(connection: Connection) -> str | None:
    """The stored revision, or None in a database without any tables.

    Raises LedgerCorrupt where the database holds something else than a ledger.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return None
    if "alembic_version" not in names:
        raise LedgerCorrupt("This is some other program's database.")
    rows = connection.execute(select(_VERSION.c.version_num)).all()
    if len(rows) != 1:
        raise LedgerCorrupt("The database does not say which schema it has.")
    return str(rows[0][0])


def check(found: str | None, place: str) -> None:
    """Raises LedgerCorrupt for an empty database, LedgerNewer for an unknown schema."""
    if found is None:
        raise LedgerCorrupt("There is no ledger in it: it is empty.", where=place)
    if found not in KNOWN:
        raise LedgerNewer(f"The ledger has the schema {found[:40]!r}.", where=place)


def migrate(connection: Connection) -> None:
    """Bring the schema to the newest revision, inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
