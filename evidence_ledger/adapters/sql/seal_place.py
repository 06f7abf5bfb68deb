"""The place of a token in its seal: what comes after it, in the order of seals and positions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, bindparam

from evidence_ledger.core.token_place import SealPlace

BEFORE_ALL = SealPlace(-1, -1)


def is_after(table: Table) -> ColumnElement[bool]:
    """Whether a row of ``table`` comes after the place of the parameters seal and position."""
    seal, position = table.c.seal, table.c.position
    same = (seal == bindparam("seal")) & (position > bindparam("position"))
    return (seal > bindparam("seal")) | same
