"""The ledger that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.adapters.home import Home
from evidence_ledger.errors import LedgerNotFound, UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.password import attend

if TYPE_CHECKING:
    from evidence_ledger.adapters.database import Database
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.adapters.timestamping.authority_list import AuthorityList
    from evidence_ledger.adapters.witnesses.witness_list import WitnessList
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.core.matter_card import MatterCard

home = click.option(
    "--home",
    type=options.input_file(),
    metavar="FOLDER",
    help="The ledger's folder; else $EVIDENCE_HOME, else one in the user's data folder.",
)


def home_at(folder: Path | None) -> Home:
    """The ledger's folder that was named, or the default."""
    return Home.default() if folder is None else Home(folder.absolute())


def authorities(home: Home) -> AuthorityList:
    """The timestamp authorities of a ledger. Raises LedgerNotFound, SettingsInvalid."""
    from evidence_ledger.adapters.timestamping.authority_list import AuthorityList

    if not home.settings.exists():
        raise LedgerNotFound("There is no ledger.", where=str(home.folder))
    return AuthorityList.load(home.authorities)


def witnesses(home: Home) -> WitnessList:
    """The witnesses of a ledger. Raises LedgerNotFound, SettingsInvalid."""
    from evidence_ledger.adapters.witnesses.witness_list import WitnessList

    if not home.settings.exists():
        raise LedgerNotFound("There is no ledger.", where=str(home.folder))
    return WitnessList.load(home.witnesses)


def matter(book: MatterBook, case_number: str) -> MatterCard:
    """The card of a case. Raises UsageError where there is none."""
    card = book.find(case_number)
    if card is None:
        raise UsageError(
            f"Nothing was deposited here for the case {case_number[:80]!r}.",
            hint="See the cases with: evidence matter list",
        )
    return card


@contextmanager
def opened(
    folder: Path | None, *, database: Database | None = None, read_only: bool = False
) -> Iterator[OpenLedger]:
    """The ledger in a folder, closed at the end. Raises LedgerNotFound and what opening raises."""
    from evidence_ledger.assembly import open_ledger

    place = open_ledger(home_at(folder), database=database, read_only=read_only)
    attend(place.operator.signer)
    try:
        yield place
    finally:
        place.close()
