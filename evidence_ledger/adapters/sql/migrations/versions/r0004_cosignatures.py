"""Witnesses' cosignatures of the seals' checkpoints."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the new table and its triggers."""
    seal = sa.ForeignKey("seals.number")
    op.create_table(
        "cosignatures",
        sa.Column("seal", Count, seal, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("witness", Words, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("seal", "key", name="cosignatures_once_a_key"),
    )
    op.create_index("cosignatures_of_witness", "cosignatures", ["witness", "seal"])
    for trigger in triggers(op.get_bind().dialect.name, "cosignatures"):
        op.execute(trigger)
