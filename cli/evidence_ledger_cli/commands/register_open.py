"""``evidence register open``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.administration import Settings
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.password import password_file


@click.command("open")
@register_place.key
@password_file
@place.home
@options.as_json
def command(key: Path | None, password_file: Path | None, home: Path | None, json: bool) -> None:
    """Take statements from everybody again."""
    act = Settings(closed=False)
    with place.opened(home) as ledger:
        if not register_place.current(ledger).closed:
            says = "Already open: everybody may hand in."
            register_place.tell_same(act, says, json=json)
            return
        author = register_place.operator(ledger, key, password_file)
        receipt = register_place.enter(ledger, author, act)
    register_place.tell(receipt, act, "Everybody may hand in from now on.", json=json)
