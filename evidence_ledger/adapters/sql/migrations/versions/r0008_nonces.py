"""The nonces of signed requests that were taken, for servers on several hosts.

Only in PostgreSQL: the processes of one host share a file of their own. Nothing of it is of the
ledger, so it has no fence.
"""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the new table, where it is used."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "nonces",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("until", Count, nullable=False),
    )
    op.create_index("ix_nonces_until", "nonces", ["until"])
