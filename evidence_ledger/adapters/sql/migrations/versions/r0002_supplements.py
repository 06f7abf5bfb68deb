"""X.509 certificates and revocation data beside seals; timestamps over files themselves."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the new tables and their triggers."""
    op.create_table(
        "supplements",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "seal_supplements",
        _key("seal", "seals.number"),
        sa.Column("digest", sa.LargeBinary, sa.ForeignKey("supplements.digest"), primary_key=True),
        sa.Column("kind", Words, nullable=False),
    )
    op.create_table(
        "direct_tokens",
        _key("entry", "entries.number"),
        sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("authority", Words, primary_key=True),
        sa.Column("independent", sa.Integer, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
    )
    for trigger in triggers(
        op.get_bind().dialect.name, "supplements", "seal_supplements", "direct_tokens"
    ):
        op.execute(trigger)


def _key(name: str, refers: str) -> sa.Column[int]:
    return sa.Column(name, Count, sa.ForeignKey(refers), primary_key=True, autoincrement=False)
