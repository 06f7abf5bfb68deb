"""Marks of the entries of matters, to find an entry by its mark and to keep each mark single."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.fence import sqlite_triggers

revision = "0007"
down_revision = "0006"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new table and its triggers. No entry of an older ledger has a mark."""
    op.create_table(
        "marks",
        sa.Column(
            "entry",
            _COUNT,
            sa.ForeignKey("entries.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("mark", sa.LargeBinary, nullable=False, unique=True),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in sqlite_triggers("marks"):
            op.execute(trigger)
