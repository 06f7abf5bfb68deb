"""``evidence move``"""

from __future__ import annotations

import os
from pathlib import Path

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("move")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="URL|FOLDER",
    help="An empty PostgreSQL database (postgresql://…), or a folder for a SQLite file.",
)
@place.home
@options.as_json
def command(target: str, home: Path | None, json: bool) -> None:
    """Move the ledger's rows to another database.

    Everything is copied, compared and audited before anything is changed; certificates stay as
    they are. Nobody can deposit meanwhile. The old database is kept and takes no more changes. On
    further hosts of the same ledger the same command only changes where they look.
    """
    from evidence_ledger.moving import move_ledger, target_at

    where = place.home_at(home)
    moved = move_ledger(where, target_at(target), processes=min(2, os.cpu_count() or 1))
    made = {
        "from": moved.before.place,
        "to": moved.after.place,
        "entries": moved.size,
        "audit": None if moved.report is None else moved.report.verdict.value,
    }
    if json:
        show_json(made)
        return
    show(f"The ledger, {moved.size:,} entries, is in {safe_line(moved.after.place)}")
    if moved.report is not None:
        show(f"  audit of the copy        {moved.report.verdict.value}")
    show(f"  the old one is kept in   {safe_line(moved.before.place)}")
    hint("Restart whatever still uses the old database; it takes no more changes.")
