"""``evidence list``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.entry_view import entry_facts
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.seal_states import SealStates, pending_names


@click.command("list")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="So many of the newest entries.",
)
@click.option("--from", "start", type=click.IntRange(min=0), help="Entries from this one on.")
@place.home
@options.as_json
def command(last: int, start: int | None, home: Path | None, json: bool) -> None:
    """The entries, newest last."""
    with place.opened(home, read_only=True) as ledger:
        size = ledger.ledger.store.head().size
        first = max(0, size - last) if start is None else min(start, size)
        states = SealStates(ledger.ledger)
        entries = [
            entry_facts(one) | {"sealed": states.of(one.index)}
            for one in ledger.ledger.entries(first, min(size, first + last))
        ]
    if json:
        show_json({"size": size, "entries": entries})
        return
    for entry in entries:
        erased = "   erased" if entry["erased"] else ""
        show(f"{entry['index']:>8}   {entry['received']}   {entry['kind']}{erased}{_state(entry)}")
    show(f"{len(entries)} of {size:,} entries")


def _state(entry: dict[str, object]) -> str:
    sealed = entry["sealed"]
    if entry["kind"] == "seal":
        return ""
    if not isinstance(sealed, dict):
        return "   not sealed"
    pending = pending_names(sealed["missing"], sealed["witnesses_missing"])
    return f"   pending: {safe_line(', '.join(pending))}" if pending else ""
