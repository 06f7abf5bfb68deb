"""``evidence hand-over``"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from evidence_ledger.core.canonical import Json, time_text
from evidence_ledger_cli import options, register_place, statement_entry
from evidence_ledger_cli.claim_fields import claim_fields
from evidence_ledger_cli.output import show_json
from evidence_ledger_cli.statement_entry import Desired, at_indexes, named_text


@click.command("hand-over")
@click.argument("indexes", nargs=-1, required=True, type=click.IntRange(min=0), metavar="INDEX...")
@click.option(
    "--to",
    "whom",
    required=True,
    metavar="FILE|SHA256",
    help="Who gets the evidence: an X.509 certificate, or its SHA-256.",
)
@click.option(
    "--when",
    type=options.Moment(),
    metavar="TIME",
    help="When it was given over, in UTC; a day means its end. Else the time of the signature.",
)
@click.option("--condition", metavar="TEXT", help="In what condition: sealed, opened, a copy.")
@statement_entry.shared
def command(
    indexes: tuple[int, ...],
    whom: str,
    when: datetime | None,
    condition: str | None,
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
    """State that the evidence of the entries INDEX was given over to somebody.

    The statement is its signer's word and opens nothing: whoever gets the evidence reads its claims
    where its depositor grants them. To whom, when and in what condition are claims: they can be
    shown or kept hidden later. Interrupted, the same command again goes on with the same statement.
    """
    fields = claim_fields(cases, claims)
    who = register_place.subject(whom)
    sha256 = register_place.whom(whom).hex()
    to: dict[str, Json] = {"sha256": sha256}
    fields.append(("handover/to", to | ({"subject": who} if who != sha256 else {})))
    told = {"at": time_text(when) if when else None, "condition": condition, "note": note}
    fields += [(f"handover/{name}", value) for name, value in told.items() if value is not None]
    wanted = Desired("handover", fields, at_indexes(indexes), key, password_file, out)
    document = statement_entry.enter(wanted, server, home)
    if json:
        show_json(document)
    else:
        says = f"The evidence of {named_text(document['about'])} was handed over to {who}."
        statement_entry.tell(document, says)
