"""Investigation orders by the entries that they name, with who signed them."""

import sqlalchemy as sa
from alembic import op

from evidence_ledger.adapters.sql.columns import Count
from evidence_ledger.adapters.sql.fence import erasure_triggers, triggers
from evidence_ledger.core.special import orders

revision = "0012"
down_revision = "0011"

_STATEMENTS = sa.text(
    "SELECT documents.entry, documents.statement FROM documents WHERE documents.entry IN"
    " (SELECT entry FROM special_entries WHERE kind = 'order') ORDER BY documents.entry"
)


def upgrade() -> None:
    """Make the new table with its triggers, and enter the orders that there are."""
    entry = sa.ForeignKey("entries.number")
    table = op.create_table(
        "orders",
        sa.Column("about", Count, primary_key=True, autoincrement=False),
        sa.Column("signer", sa.LargeBinary, primary_key=True),
        sa.Column("entry", Count, entry, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_orders_entry", "orders", ["entry"])
    connection = op.get_bind()
    for number, statement in connection.execute(_STATEMENTS).all():
        # A damaged one may be of any type; the audit tells of it.
        data = bytes(statement) if isinstance(statement, bytes | memoryview) else None
        for found in orders(number, "order", data):
            connection.execute(sa.insert(table), found._asdict())
    name = connection.dialect.name
    for trigger in (*triggers(name, "orders"), *erasure_triggers(name, "orders")):
        op.execute(trigger)
