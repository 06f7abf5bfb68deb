"""The first schema."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers

revision = "0001"
down_revision = None

_FENCED = (
    "entries",
    "tiles",
    "tokens",
    "documents",
    "claims",
    "fingerprints",
    "head",
    "seals",
)


def upgrade() -> None:
    """Make all tables and their triggers."""
    _make_head()
    _make_entries()
    _make_claims()
    _make_tiles()
    _make_seals()
    for trigger in triggers(op.get_bind().dialect.name, *_FENCED):
        op.execute(trigger)


def _key(name: str, refers: str | None = None) -> sa.Column[int]:
    foreign = [sa.ForeignKey(refers)] if refers else []
    return sa.Column(name, Count, *foreign, primary_key=True, autoincrement=False)


def _bytes(name: str, *, erasable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=erasable)


def _make_head() -> None:
    one = sa.CheckConstraint("id = 1", name="head_is_one_row")
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, one, primary_key=True, autoincrement=False),
        sa.Column("size", Count, nullable=False),
        _bytes("last"),
        sa.Column("received", Words),
    )


def _make_entries() -> None:
    op.create_table(
        "entries",
        _key("number"),
        _bytes("data"),
        _bytes("leaf_hash"),
        sa.Column("statement_hash", sa.LargeBinary, nullable=False, unique=True),
    )
    op.create_table(
        "documents",
        _key("entry", "entries.number"),
        _bytes("statement", erasable=True),
        _bytes("signature", erasable=True),
    )


def _make_claims() -> None:
    op.create_table(
        "claims",
        _key("entry", "entries.number"),
        _key("position"),
        _bytes("data"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fingerprints",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("algorithm", Words, primary_key=True),
        _key("entry", "entries.number"),
        _key("position"),
        sqlite_with_rowid=False,
    )


def _make_tiles() -> None:
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        _key("number"),
        _bytes("hashes"),
        _bytes("inner_nodes"),
    )


def _make_seals() -> None:
    op.create_table(
        "seals",
        _key("number"),
        sa.Column("first", Count, nullable=False),
        sa.Column("size", Count, nullable=False, index=True),
        _bytes("root"),
        _bytes("checkpoint"),
        _bytes("leaves"),
        _bytes("offsets"),
        sa.Column("entry", Count, sa.ForeignKey("entries.number")),
    )
    op.create_table(
        "tokens",
        _key("seal", "seals.number"),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("authority", Words, nullable=False),
        sa.Column("independent", sa.Integer, nullable=False),
        _bytes("response"),
        _bytes("token"),
    )
