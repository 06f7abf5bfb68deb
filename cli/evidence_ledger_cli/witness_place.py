"""The witness that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger_cli import options

if TYPE_CHECKING:
    from evidence_ledger.witness_assembly import OpenWitness

home = click.option(
    "--home",
    type=options.input_file(),
    metavar="FOLDER",
    help="The witness's folder; else $EVIDENCE_WITNESS_HOME, else one in the user's data folder.",
)


def home_at(folder: Path | None) -> WitnessHome:
    """The witness's folder that was named, or the default."""
    return WitnessHome.default() if folder is None else WitnessHome(folder.absolute())


@contextmanager
def opened(folder: Path | None) -> Iterator[OpenWitness]:
    """The witness in a folder, closed at the end. Raises what opening raises."""
    from evidence_ledger.witness_assembly import open_witness

    witness = open_witness(home_at(folder))
    try:
        yield witness
    finally:
        witness.close()
