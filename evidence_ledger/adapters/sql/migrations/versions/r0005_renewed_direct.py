"""Renewals of timestamps over files themselves; what helps to judge the timestamps of renewals."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the new tables and their triggers."""
    op.create_table(
        "renewed_direct",
        _key("renewal", "renewals.number"),
        _key("entry", "entries.number", index=True),
        sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("authority", Words, primary_key=True),
        sa.Column("leaf", Count, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "renewal_supplements",
        _key("renewal", "renewals.number"),
        sa.Column("digest", sa.LargeBinary, sa.ForeignKey("supplements.digest"), primary_key=True),
        sa.Column("kind", Words, nullable=False),
    )
    for trigger in triggers(op.get_bind().dialect.name, "renewed_direct", "renewal_supplements"):
        op.execute(trigger)


def _key(name: str, refers: str, *, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        name,
        Count,
        sa.ForeignKey(refers),
        primary_key=True,
        autoincrement=False,
        index=index or None,
    )
