"""``evidence seal``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.ledger import SealResult


@click.command("seal")
@place.home
@options.as_json
def command(home: Path | None, json: bool) -> None:
    """Timestamp everything new.

    One request to each timestamp authority covers all entries since the seal before. A seal
    without any answer stays open, and the next call goes on with it.
    """
    with place.opened(home) as ledger:
        result = ledger.ledger.seal()
    if json:
        show_json(_document(result))
    elif result.seal is None:
        show("Nothing is new.")
    else:
        names = ", ".join(token.authority for token in result.seal.tokens)
        show(f"Seal {result.seal.number} covers entries {result.seal.first} to", )
        show(f"  times from   {safe_line(names) or 'nobody yet'}")
    for failure in result.failures:
        hint(safe_line(f"No time from one authority: {failure}"))
    if result.seal is not None and not result.seal.tokens and result.failures:
        raise result.failures[0]
