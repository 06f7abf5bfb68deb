"""``evidence cosigner quorum``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("quorum")
@click.option("--witnesses", type=click.IntRange(min=0), default=0, metavar="N", help="So many.")
@click.option(
    "--independent",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="So many that the operator does not run.",
)
@click.option("--group", metavar="NAME", help="This group, or this one witness.")
@click.option("--all", "everyone", is_flag=True, help="All that are listed.")
@place.home
@options.as_json
def command(
    witnesses: int,
    independent: int,
    group: str | None,
    everyone: bool,
    home: Path | None,
    json: bool,
) -> None:
    """Say whose cosignatures make a seal complete.

    A seal waits for no more than these; what is missing is asked for again by the next one.
    """
    if everyone is bool(witnesses or independent or group):
        raise UsageError("Say --all, or how many (1 or more), or which group.")
    where = place.home_at(home)
    listed = place.witnesses(where).needing(witnesses, independent, group)
    listed.save(where.witnesses)
    if json:
        show_json({"witnesses": witnesses, "independent": independent, "group": group})
    else:
        show(safe_line("Kept. See: evidence cosigner list"))
