"""A row of what a timestamp authority answered, in whichever table."""

from __future__ import annotations

from evidence_ledger.adapters.sql.prepared import Row
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import StoredToken

_TYPES = (str, int, bytes, bytes)


def token_of(row: Row, whose: str) -> StoredToken:
    """The token of an authority, whether it is independent, its response and the token in it.

    Raises LedgerCorrupt.
    """
    authority, independent, response, token = row
    if tuple(map(type, row)) != _TYPES or independent not in (0, 1):
        raise LedgerCorrupt(f"A timestamp of {whose} is damaged.")
    return StoredToken(authority, bool(independent), response, token)


def placed_token(place: int, row: Row, whose: str) -> StoredToken:
    """The same of a row that begins with the token's position, which must be ``place``.

    Raises LedgerCorrupt.
    """
    if row[0] != place or type(row[0]) is not int:
        raise LedgerCorrupt(f"The timestamp {place} of {whose} is missing.")
    return token_of(row[1:], whose)
