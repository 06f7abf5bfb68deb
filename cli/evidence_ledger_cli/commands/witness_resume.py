"""``evidence witness resume``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import options, witness_place, witness_view
from evidence_ledger_cli.output import show_json


@click.command("resume")
@click.argument("origin")
@click.option(
    "--from",
    "source",
    type=click.Choice(["memory", "database"]),
    required=True,
    help="Which of the witness's two records is the newest.",
)
@witness_place.home
@options.as_json
def command(origin: str, source: str, home: Path | None, json: bool) -> None:
    """Sign for a log again after its two records have come apart.

    A witness keeps what it cosigned last in its database and, once more, in its memory beside it.
    When the two differ, a backup was restored or a file was lost, and nothing is signed for that
    log. Take the memory after an old database was restored. Take the database only if you know that
    it is the newest: signing from an older one would cosign two histories.
    """
    from evidence_ledger.witness.logs import Source

    with witness_place.opened(home) as witness:
        state = witness.logs.resume(origin, Source(source))
    if json:
        show_json(witness_view.document(state))
    else:
        witness_view.tell(state)
