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
    if result.seal is not None and not result.seal.tokens and result.failures:
        raise result.failures[0]
    if json:
        show_json(_document(result))
    else:
        _tell(result)
    for failure in result.failures:
        hint(safe_line(f"No time from one authority: {failure}"))


def _document(result: SealResult) -> dict[str, object]:
    seal = result.seal
    return {
        "seal": None if seal is None else seal.number,
        "entries": None if seal is None else {"first": seal.first, "size": seal.size},
        "authorities": [] if seal is None else [token.authority for token in seal.tokens],
        "failures": [{"code": one.reason, "message": one.message} for one in result.failures],
    }


def _tell(result: SealResult) -> None:
    if result.seal is None:
        show("Nothing is new.")
        return
    names = ", ".join(token.authority for token in result.seal.tokens)
    show(f"Seal {result.seal.number} covers entries {result.seal.first} to {result.seal.size - 1}.")
    show(f"  times from   {safe_line(names) or 'nobody yet; call it again later'}")
