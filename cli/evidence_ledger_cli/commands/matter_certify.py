"""``evidence matter certify``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.counting import counted
from evidence_ledger.core.matter_card import plain_name
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_line, safe_name

if TYPE_CHECKING:
    from evidence_ledger.core.certificate import Certificate


@click.command("certify")
@click.argument("case_number", metavar="CASE")
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="FILE.asice",
    help="Where the completeness certificate goes.",
)
@click.option(
    "--server",
    metavar="URL",
    help="In the ledger that is served there. Its public entries are read; the secret stays here.",
)
@place.home
@options.as_json
def command(case_number: str, out: Path, server: str | None, home: Path | None, json: bool) -> None:
    """Prove that these are all entries of a case.

    Writes a completeness certificate: which entries of the ledger are of the case, and that no
    other one is, up to the newest seal. Hand it on together with the certificates of these entries.
    Whoever has it recognises the case's entries in the ledger's public part, and the next one.
    """
    from evidence_ledger.core import docket, entry

    require_free(out)
    later, erased = None, list[int]()
    if server is None:
        parts, later, erased = _own(case_number, out, home)
    else:
        parts = _away(server, case_number, out, home)
    listed = [entry.parse(one.entry).index for one in docket.parse(parts.docket).entries]
    before = entry.parse(parts.entry).index
    if json:
        document = {"entries": listed, "before": before, "certificate": str(out)}
        show_json({"case_number": plain_name(case_number)} | document)
    else:
        count = counted(len(listed), "entry", "entries")
        show(safe_line(f"Case {plain_name(case_number)}: {count}, and no others"))
        show(f"  entries      {', '.join(map(str, listed))}")
        show(f"  before       entry {before}")
        show(f"  certificate  {safe_name(str(out))}")
    if erased:
        hint(
            f"Erased: {', '.join(map(str, erased))}. No certificate of it is made any more; "
            "whoever checks needs one that was handed out before."
        )
    if later is not None:
        hint(f"Entry {later} came later. To have it included: evidence seal")


def _own(
    case_number: str, out: Path, home: Path | None
) -> tuple[Certificate, int | None, list[int]]:
    """The certificate's parts, the first entry that came too late for it, and which of its
    entries are erased."""
    from evidence_ledger.desk import write_completeness
    from evidence_ledger.matter_entries import MatterEntries

    with place.opened(home, read_only=True) as ledger:
        keys = place.matter(ledger.matters, case_number).keys(ledger.ledger.origin)
        issued = write_completeness(ledger, keys, out)
        held = list(MatterEntries(ledger.ledger.store, keys).indexes())
        later = next((index for index in held if index > issued.entry.index), None)
        listed = [index for index in held if index < issued.entry.index]
        erased = [index for index in listed if ledger.ledger.entry(index).statement is None]
    return issued.parts, later, erased


def _away(server: str, case_number: str, out: Path, home: Path | None) -> Certificate:
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.adapters.log_source import HttpSource
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.completing_away import write_completeness_away

    book = MatterBook(place.home_at(home).matters, SystemEntropy())
    card = place.matter(book, case_number)
    with LedgerClient(server) as client, HttpSource(server) as log:
        keys = card.keys(client.about().origin)
        return write_completeness_away(log, client, keys, out, SystemClock().now())
