"""``evidence authority remove``"""

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
    """Ask a timestamp authority no longer.

    The tokens that it gave stay, and so do its roots, by which they are checked. `local` is the
    ledger's own authority.
    """
    where = place.home_at(home)
    listed = place.authorities(where).removed(name)
    listed.save(where.authorities)
    if json:
        show_json({"removed": name, "required": listed.required})
    else:
        show(safe_line(f"Seals ask {name} no longer."))
