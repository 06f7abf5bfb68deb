"""Documents, claims, fingerprints and timestamps over files go only where an entry says so."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.fence import erasure_triggers

revision = "0011"
down_revision = "0010"

_TABLES = ("documents", "claims", "fingerprints", "direct_tokens")
_IS_ERASURE = sa.text("kind = 'erasure'")


def upgrade() -> None:
    """Make the index of erasures, and the triggers that ask it."""
    op.create_index(
        "erasures",
        "special_entries",
        ["entry"],
        if_not_exists=True,
        sqlite_where=_IS_ERASURE,
        postgresql_where=_IS_ERASURE,
    )
    for trigger in erasure_triggers(op.get_bind().dialect.name, *_TABLES):
        op.execute(trigger)
