"""How far the renewals of tokens have come, counted by the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, and_, case, func, select

from evidence_ledger.adapters.sql.prepared import Row
from evidence_ledger.adapters.sql.schema import renewal_tokens, renewals
from evidence_ledger.core.renewal_history import LISTS, RenewalHistory
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import RenewalKind


def histories(strands: Table, *key: str) -> Select[*tuple[Any, ...]]:
    """For each place: its key, its newest renewal with an entry, timestamps since the newest
    hash-tree renewal, the number of those, of all renewals, and the bytes of their tokens.
    """
    places = [strands.c[name] for name in key]
    closed = renewals.c.entry.is_not(None)
    trees = (
        select(*places, func.max(strands.c.renewal).label("newest"), func.count().label("count"))
        .join(renewals, renewals.c.number == strands.c.renewal)
        .where(closed, renewals.c.kind == RenewalKind.TREE.value)
        .group_by(*places)
        .subquery()
    )
    sizes = (
        select(renewal_tokens.c.renewal, func.max(func.length(renewal_tokens.c.token)).label("of"))
        .group_by(renewal_tokens.c.renewal)
        .subquery()
    )
    is_since = case((strands.c.renewal >= func.coalesce(trees.c.newest, 0), 1), else_=0)
    counted = (
        func.max(strands.c.renewal),
        func.sum(is_since),
        func.coalesce(func.max(trees.c["count"]), 0),
        func.count(),
        func.sum(sizes.c["of"]),
    )
    same = [trees.c[name] == strands.c[name] for name in key]
    return (
        select(*places, *counted)
        .join(renewals, renewals.c.number == strands.c.renewal)
        .join(sizes, sizes.c.renewal == strands.c.renewal)
        .outerjoin(trees, and_(*same))
        .where(closed)
        .group_by(*places)
    )


def history(row: Row) -> RenewalHistory:
    """What a row says behind its key. Raises LedgerCorrupt."""
    if not all(type(one) is int for one in row):
        raise LedgerCorrupt("What was renewed is damaged.")
    newest, since, trees, count, size = row
    stamps = since if trees else since + 1
    return RenewalHistory(newest, stamps, trees + 1, size + LISTS * (count + 1))
