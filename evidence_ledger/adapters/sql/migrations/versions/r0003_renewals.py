"""Renewals of the timestamps over seals."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the new tables and their triggers."""
    op.create_table(
        "renewals",
        _key("number"),
        sa.Column("kind", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("independent", sa.Integer, nullable=False),
        sa.Column("begun", Words, nullable=False),
        _bytes("leaves"),
        sa.Column("entry", Count, sa.ForeignKey("entries.number")),
    )
    op.create_table(
        "renewed_strands",
        _key("renewal", "renewals.number"),
        _key("seal", "seals.number", index=True),
        _key("position"),
        sa.Column("leaf", Count, nullable=False),
        _bytes("objects"),
        _bytes("hashes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "renewal_tokens",
        _key("renewal", "renewals.number"),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("authority", Words, nullable=False),
        sa.Column("independent", sa.Integer, nullable=False),
        _bytes("response"),
        _bytes("token"),
    )
    for trigger in triggers(
        op.get_bind().dialect.name, "renewals", "renewed_strands", "renewal_tokens"
    ):
        op.execute(trigger)


def _key(name: str, refers: str | None = None, *, index: bool = False) -> sa.Column[int]:
    foreign = [sa.ForeignKey(refers)] if refers else []
    return sa.Column(
        name, Count, *foreign, primary_key=True, autoincrement=False, index=index or None
    )


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
