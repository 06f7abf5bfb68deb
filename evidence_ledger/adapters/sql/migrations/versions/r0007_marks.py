"""Marks of the entries of matters, to find an entry by its mark and to keep each mark single."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.fence import triggers

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the new table and its triggers. No entry of an older ledger has a mark."""
    op.create_table(
        "marks",
        sa.Column(
            "entry",
            Count,
            sa.ForeignKey("entries.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("mark", sa.LargeBinary, nullable=False, unique=True),
    )
    for trigger in triggers(op.get_bind().dialect.name, "marks"):
        op.execute(trigger)
