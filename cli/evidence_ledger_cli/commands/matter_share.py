"""``evidence matter share``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_line, safe_name


@click.command("share")
@click.argument("case_number", metavar="CASE")
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="FILE",
    help="Where the secret goes; only you can read the file.",
)
@place.home
@options.as_json
def command(case_number: str, out: Path, home: Path | None, json: bool) -> None:
    """A case's secret, for somebody who deposits in it as well.

    Whoever has it can deposit in the case, and recognises all of its entries for ever.
    """
    from evidence_ledger.adapters.matter_book import write_card

    require_free(out)
    with place.opened(home, read_only=True) as ledger:
        card = place.matter(ledger.matters, case_number)
        write_card(out, card)
    if json:
        show_json({"case_number": card.case_number, "out": str(out)})
        return
    show(safe_line(f"The secret of the case {card.case_number} is in {safe_name(str(out))}"))
    hint("Send it in confidence, then delete the file.")
