"""What hash-tree renewals are over is kept in groups too, so that a certificate needs a few.

The groups of what is stored are built where the database is opened: see ``lacking_groups``.
"""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.fence import triggers

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the new table with its triggers."""
    op.create_table(
        "renewed_groups",
        _key("renewal", Count, "renewals.number"),
        _key("seal", Count, "seals.number"),
        _key("position", Count),
        _key("level", sa.Integer),
        _key("number", Count),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    for trigger in triggers(op.get_bind().dialect.name, "renewed_groups"):
        op.execute(trigger)


def _key(name: str, kind: object, *refers: str) -> sa.Column[int]:
    foreign = [sa.ForeignKey(one) for one in refers]
    return sa.Column(name, kind, *foreign, primary_key=True, autoincrement=False)  # type: ignore[arg-type]  # a column type
