"""Attestations, hand-overs and erasures are found by the entries that they name, as orders are."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from evidence_ledger.core.special import special_entries

revision = "0010"
down_revision = "0009"

_KINDS = ("attestation", "handover", "erasure")


def upgrade() -> None:
    """Enter those that older releases took in."""
    connection = op.get_bind()
    table = sa.Table("special_entries", sa.MetaData(), autoload_with=connection)
    found = list(_found(connection))
    if found:
        op.bulk_insert(table, found)


def _found(connection: sa.Connection) -> Iterator[dict[str, object]]:
    statements = sa.text(
        "SELECT entries.number, entries.data, documents.statement FROM entries"
        " JOIN documents ON documents.entry = entries.number ORDER BY entries.number"
    )
    for number, data, statement in connection.execute(statements):
        for kind in _KINDS:
            if f'"kind":"{kind}"'.encode() in bytes(data):
                for one in special_entries(number, kind, statement):
                    position, about = one.position, one.about
                    yield {"entry": number, "position": position, "kind": kind, "about": about}
