"""``evidence matter certify``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_line, safe_name

if TYPE_CHECKING:
    from evidence_ledger.issuing.issuer import Issued


@click.command("certify")
@click.argument("case_number", metavar="CASE")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.asice",
    help="Where the completeness certificate goes.",
)
@place.home
@options.as_json
def command(case_number: str, out: Path, home: Path | None, json: bool) -> None:
    """Prove that these are all entries of a case.

    Writes a completeness certificate: which entries of the ledger are of the case, and that no
    other one is, up to the newest seal. Hand it on together with the certificates of these entries.
    Whoever has it recognises the case's entries in the ledger's public part, and the next one.
    """
    from evidence_ledger.core import docket, entry
    from evidence_ledger.desk import write_completeness
    from evidence_ledger.matter_entries import MatterEntries

    require_free(out)
    with place.opened(home, read_only=True) as ledger:
        card = place.matter(ledger, case_number)
        issued = write_completeness(ledger, card.key, out)
        store, origin = ledger.ledger.store, ledger.ledger.origin
        held = list(MatterEntries(store, origin, card.key).indexes())
    listed = [entry.parse(o.entry).index for o in docket.parse(issued.parts.docket).entries]
    if json:
        show_json(_document(card.case_number, issued, listed, out))
    else:
        show(safe_line(f"Case {card.case_number}: {len(listed):,} of its entries, which are all"))
        show(f"  entries      {', '.join(map(str, listed))}")
        show(f"  before       entry {issued.entry.index}")
        show(f"  certificate  {safe_name(str(out))}")
    if len(held) > len(listed):
        hint(f"Entry {held[len(listed)]} came later. To have it included: evidence seal")


def _document(case_number: str, issued: Issued, listed: list[int], out: Path) -> dict[str, object]:
    return {
        "case_number": case_number,
        "entries": listed,
        "before": issued.entry.index,
        "certificate": str(out),
    }
