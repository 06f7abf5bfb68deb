"""API tokens: each stands for one signer, for some kinds of reading, until it is revoked.

A token is ``evidence_ID_SECRET``. Of the secret (32 random bytes) only its SHA-256 is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from evidence_ledger.core.canonical import base64url_text
from evidence_ledger.errors import UsageError
from evidence_ledger.ports import Entropy
from evidence_ledger_server.access.database import SmallDatabase

PREFIX = "evidence_"
_FORM = re.compile(rf"{PREFIX}([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS tokens (id TEXT PRIMARY KEY, digest BLOB NOT NULL,"
    " signer BLOB NOT NULL, scopes TEXT NOT NULL, name TEXT NOT NULL, made INTEGER NOT NULL,"
    " until INTEGER NOT NULL, revoked INTEGER) STRICT",
)
_NOBODY = bytes(32)


class Scope(StrEnum):
    """What a token is for."""

    CLAIMS = "claims"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never the secret. ``signer`` is the SHA-256 of an X.509 certificate.

    ``until`` is when it ends; ``revoked`` when it was revoked, or None.
    """

    id: str
    signer: bytes
    scopes: frozenset[Scope]
    name: str
    made: datetime
    until: datetime
    revoked: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return self.revoked is None and now < self.until


def tokens_in(home: Path) -> Path:
    """Where a ledger's tokens are."""
    return home / "tokens.sqlite"


class Tokens:
    """The tokens of one server."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = SmallDatabase(path, _SCHEMA)

    def make(
        self,
        signer: bytes,
        scopes: Collection[Scope],
        name: str,
        made: datetime,
        until: datetime,
        entropy: Entropy,
    ) -> tuple[Token, str]:
        """A new token, and the text that is shown once."""
        token = Token(entropy.take(8).hex(), signer, frozenset(scopes), name, made, until)
        secret = base64url_text(entropy.take(32))
        times = int(made.timestamp()), int(until.timestamp())
        row = (token.id, _digest(secret), signer, " ".join(sorted(scopes)), name, *times, None)
        with self._database.open() as connection:
            connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return token, f"{PREFIX}{token.id}_{secret}"

    def all(self) -> list[Token]:
        """All tokens, the oldest first."""
        if not self._path.exists():
            return []
        with self._database.open() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY made, id").fetchall()
        return [_token(row[:-1]) for row in rows]

    def revoke(self, identifier: str, now: datetime) -> None:
        """Let a token count no more. Raises UsageError where there is none."""
        with self._database.open() as connection:
            changed = connection.execute(
                "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?",
                [int(now.timestamp()), identifier],
            )
            if changed.rowcount != 1:
                raise UsageError(f"There is no token {identifier[:40]!r}.")

    def find(self, text: str, now: datetime) -> Token | None:
        """The token that is written so, if it counts. It takes as long for any secret."""
        match = _FORM.fullmatch(text)
        identifier, secret = match.groups() if match else ("", "")
        row = self._row(identifier)
        is_right = hmac.compare_digest(_digest(secret), row[-1] if row else _NOBODY)
        if row is None or not is_right:
            return None
        token = _token(row[:-1])
        return token if token.is_good(now) else None

    def _row(self, identifier: str) -> tuple[Any, ...] | None:
        if not self._path.exists():
            return None
        with self._database.open() as connection:
            found: tuple[Any, ...] | None
            found = connection.execute(f"{_SELECT} WHERE id = ?", [identifier]).fetchone()
        return found


_SELECT = "SELECT id, signer, scopes, name, made, until, revoked, digest FROM tokens"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()


def _token(row: tuple[Any, ...]) -> Token:
    """The table is STRICT: its columns have the types that they must have."""
    identifier, signer, scopes, name, made, until, revoked = row
    return Token(
        identifier,
        signer,
        frozenset(map(Scope, scopes.split())),
        name,
        _moment(made),
        _moment(until),
        None if revoked is None else _moment(revoked),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
