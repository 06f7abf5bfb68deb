"""``evidence matter list``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.core.matter_card import MatterCard


@click.command("list")
@place.home
@options.as_json
def command(home: Path | None, json: bool) -> None:
    """The cases that this machine deposits in, and their entries."""
    with place.opened(home, read_only=True) as ledger:
        found = {card: _indexes(ledger, card) for card in ledger.matters.cards()}
    if json:
        matters = [{"case_number": one.case_number, "entries": held} for one, held in found.items()]
        show_json({"matters": matters})
        return
    if not found:
        hint("Nothing was deposited here with --case.")
    for card, held in found.items():
        shown = ", ".join(map(str, held[:8])) + (", …" if held[8:] else "")
        show(safe_line(f"{card.case_number:<24} {len(held):>5}  {shown}"))


def _indexes(ledger: OpenLedger, card: MatterCard) -> list[int]:
    from evidence_ledger.matter_entries import MatterEntries

    return list(MatterEntries(ledger.ledger.store, card.keys(ledger.ledger.origin)).indexes())
