"""Where the entries are that say something of the ledger or of other entries."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count, Words
from evidence_ledger.adapters.sql.fence import triggers
from evidence_ledger.core.special import special_entries

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the new table with its triggers, and enter the orders that older releases took in."""
    entry = sa.ForeignKey("entries.number")
    table = op.create_table(
        "special_entries",
        sa.Column("entry", Count, entry, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("about", Count),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_special_entries_about", "special_entries", ["about"])
    orders = list(_orders(op.get_bind()))
    if orders:
        op.bulk_insert(table, orders)
    for trigger in triggers(op.get_bind().dialect.name, "special_entries"):
        op.execute(trigger)


def _orders(connection: sa.Connection) -> Iterator[dict[str, object]]:
    statements = sa.text(
        "SELECT entries.number, entries.data, documents.statement FROM entries"
        " JOIN documents ON documents.entry = entries.number ORDER BY entries.number"
    )
    for number, data, statement in connection.execute(statements):
        if b'"kind":"order"' in data:
            for one in special_entries(number, "order", statement):
                position, about = one.position, one.about
                yield {"entry": number, "position": position, "kind": "order", "about": about}
