"""The record trees of seals in groups, so that a certificate reads a few of them and not all."""

import struct

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.fence import triggers
from evidence_ledger.core.record_groups import kept_of, split
from evidence_ledger.errors import UsageError

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the new table with its triggers, and build its rows from the leaves that are stored."""
    table = op.create_table(
        "seal_groups",
        _key("seal", Count, "seals.number"),
        _key("level", sa.Integer),
        _key("number", Count),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    _fill(op.get_bind(), table)
    for trigger in triggers(op.get_bind().dialect.name, "seal_groups"):
        op.execute(trigger)


def _key(name: str, kind: object, *refers: str) -> sa.Column[int]:
    foreign = [sa.ForeignKey(one) for one in refers]
    return sa.Column(name, kind, *foreign, primary_key=True, autoincrement=False)  # type: ignore[arg-type]  # a column type


def _fill(connection: sa.Connection, table: sa.Table) -> None:
    """One seal after the other. What is damaged stays without: the audit tells of it."""
    for number in connection.scalars(sa.text("SELECT number FROM seals ORDER BY number")).all():
        held = sa.text("SELECT leaves, offsets FROM seals WHERE number = :number")
        leaves, offsets = connection.execute(held, {"number": number}).one()
        if not isinstance(leaves, bytes) or not isinstance(offsets, bytes) or len(offsets) % 8:
            continue
        places = struct.unpack(f">{len(offsets) // 8}Q", offsets)
        try:
            rows = [
                dict(zip(table.columns.keys(), (number, *one), strict=True))
                for one in kept_of(split(leaves), places)
            ]
        except UsageError:
            continue
        connection.execute(sa.insert(table), rows)
