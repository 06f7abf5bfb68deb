"""``evidence cosigner remove``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("remove")
@click.argument("name")
@place.home
@options.as_json
def command(name: str, home: Path | None, json: bool) -> None:
    """Ask a witness no longer.

    The cosignatures that it gave stay, and so do its keys, by which they are checked.
    """
    where = place.home_at(home)
    place.witnesses(where).removed(name).save(where.witnesses)
    if json:
        show_json({"removed": name})
    else:
        show(safe_line(f"Seals ask the witness {name} no longer."))
