"""Witnesses' cosignatures of the seals' checkpoints."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.fence import sqlite_triggers

revision = "0004"
down_revision = "0003"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new table and its triggers."""
    seal = sa.ForeignKey("seals.number")
    op.create_table(
        "cosignatures",
        sa.Column("seal", _COUNT, seal, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("witness", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("seal", "key", name="cosignatures_once_a_key"),
    )
    op.create_index("cosignatures_of_witness", "cosignatures", ["witness", "seal"])
    if op.get_bind().dialect.name == "sqlite":
        for trigger in sqlite_triggers("cosignatures"):
            op.execute(trigger)
