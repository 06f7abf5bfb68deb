"""``evidence matter import``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.errors import FormatError, UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("import")
@click.argument("file", type=options.input_file())
@place.home
@options.as_json
def command(file: Path, home: Path | None, json: bool) -> None:
    """Take the secret of a case that somebody shared.

    What is deposited here with that case number goes on with the same matter.
    """
    from evidence_ledger.adapters.matter_book import read_card

    try:
        card = read_card(file)
    except FormatError as error:
        hint = error.hint or "Name the file that evidence matter share wrote."
        raise FormatError(error.reason, error.message, where=str(file), hint=hint) from error
    with place.opened(home, read_only=True) as ledger:
        if (held := ledger.matters.find(card.case_number)) is None:
            ledger.matters.add(card)
        elif held != card:
            raise UsageError(
                f"There is another secret for the case {card.case_number} here already.",
                hint="What is deposited with it is a second matter. See: evidence matter list",
            )
    if json:
        show_json({"case_number": card.case_number})
    else:
        show(safe_line(f"Deposits with --case {card.case_number} now go on with that case."))
