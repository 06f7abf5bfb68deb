"""``evidence order``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import statement_entry
from evidence_ledger_cli.claim_fields import claim_fields
from evidence_ledger_cli.output import show_json
from evidence_ledger_cli.statement_entry import Desired, at_indexes, named_text


@click.command("order")
@click.argument("indexes", nargs=-1, required=True, type=click.IntRange(min=0), metavar="INDEX...")
@statement_entry.shared
def command(
    indexes: tuple[int, ...],
    cases: tuple[str, ...],
    claims: tuple[str, ...],
    note: str | None,
    out: Path | None,
    key: Path | None,
    server: str | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Order the investigation of the entries INDEX, as a court.

    A court that is enrolled as one may then read their claims on the ledger's server. The order is
    an entry, for ever, and anybody can see which entries it names. Interrupted, the same command
    again goes on with the same order.
    """
    fields = claim_fields(cases, claims)
    fields += [("order/note", note)] if note is not None else []
    wanted = Desired("order", fields, at_indexes(indexes), key, password_file, out)
    document = statement_entry.enter(wanted, server, home)
    if json:
        show_json(document)
    else:
        statement_entry.tell(document, f"An investigation of {named_text(document['about'])}.")
