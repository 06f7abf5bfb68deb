"""Where a ledger's rows are: a file of SQLite, or a database of PostgreSQL.

/srv/evidence/ledger.sqlite
postgresql://evidence@db.example/ledger?sslmode=verify-full
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from evidence_ledger.errors import SettingsInvalid

FILE_NAME = "ledger.sqlite"
LONGEST = 2048
_SCHEMES = ("postgresql://", "postgres://")
_PRINTABLE = re.compile(r"[!-~]+")
_SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A SQLite database file."""

    path: Path

    @property
    def place(self) -> str:
        """How messages call it."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """A database of a PostgreSQL server.

    ``address`` is a URL that libpq understands, without a password. Where ``password`` is None,
    libpq takes it from ``PGPASSWORD``, ``PGPASSFILE`` or a service file.
    """

    address: str
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """How messages call it."""
        return self.address


Database = SqliteFile | PostgresqlDatabase


def is_address(text: str) -> bool:
    """True for the address of a database, rather than the path of a folder or file."""
    return text.lower().startswith(_SCHEMES)


def parse_address(text: str) -> PostgresqlDatabase:
    """The database at a URL; a password in it is taken out. Raises SettingsInvalid.

    No message repeats the text: it may hold a secret.
    """
    if not is_address(text) or len(text) > LONGEST or not _PRINTABLE.fullmatch(text):
        raise SettingsInvalid(
            "This is no address of a PostgreSQL database.",
            hint="It looks like this: postgresql://user@host/database",
        )
    scheme, _, rest = text.partition("://")
    rest, mark, query = rest.partition("?")
    host, slash, name = rest.partition("/")
    user, at, host = host.rpartition("@")
    user, colon, secret = user.partition(":")
    if "@" in name or "@" in query:
        raise SettingsInvalid(
            "A user's name or a password with the characters / ? or @ must be encoded.",
            hint="Write %2F for /, %3F for ? and %40 for @.",
        )
    address = f"{scheme.lower()}://{user}{at}{host}{slash}{name}{mark}{query}"
    _refuse_secrets(query)
    return PostgresqlDatabase(address, unquote(secret) if colon else None)


def _refuse_secrets(query: str) -> None:
    for pair in query.split("&"):
        if unquote(pair.partition("=")[0]).lower() in _SECRETS:
            raise SettingsInvalid(
                "A password does not belong behind the question mark of an address.",
                hint="Put it into a file of PGPASSFILE, or into PGPASSWORD.",
            )


def parse_database(text: str, folder: Path) -> Database:
    """What a setting names: an address, or a path from ``folder``. Raises SettingsInvalid."""
    return parse_address(text) if is_address(text) else SqliteFile(folder / text)


def database_of(place: Database | Path) -> Database:
    """A path is that of a SQLite file."""
    return SqliteFile(place) if isinstance(place, Path) else place
