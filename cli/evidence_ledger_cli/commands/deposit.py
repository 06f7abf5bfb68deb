"""``evidence deposit``"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.errors import OutputExists, OutputUnwritable
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.password import password_file, with_password
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.files.hashed import HashedFile
    from evidence_ledger.desk import Desk, Field
    from evidence_ledger.ledger import Receipt, SealResult


@click.command("deposit")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--case", metavar="NO", help="The case number: short for --claim matter/case_number=NO.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="PATH=VALUE",
    help="A further fact, such as origin/source=email or matter/channel=court.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.asice",
    help="Where the certificate goes; else deposit-INDEX.asice.",
)
@click.option("--skip-special", is_flag=True, help="Leave out links, sockets, devices and pipes.")
@password_file
@place.home
@options.as_json
def command(
    paths: tuple[str, ...],
    case: str | None,
    claims: tuple[str, ...],
    out: Path | None,
    skip_special: bool,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Enter files into the ledger and get a certificate.

    The files are read once and stay where they are; folders are taken with everything in them.
    Each file's name, size and digests become one claim, which can be shown or kept hidden later.
    Interrupted, the same command again goes on with the same deposit.
    """
    from evidence_ledger.assembly import open_depositor
    from evidence_ledger.desk import Desk, facts_of, write_certificate

    fields = _fields(case, claims)
    if out is not None:
        _require_free(out)
    with place.opened(home) as ledger:
        author = with_password(lambda word: open_depositor(ledger.home, word), password_file)
        desk = Desk(ledger, author)
        files = _hashed(paths, ledger.settings.digests, skip_special=skip_special)
        deposit = desk.deposit(facts_of(files), fields)
        sealed = _sealed(desk, deposit.receipt)
        target = out or Path(f"deposit-{deposit.receipt.index}.asice")
        if sealed:
            write_certificate(ledger, deposit.receipt.index, target)
            desk.done(deposit)
    _tell(deposit.receipt, files, target if sealed else None, json=json)
"""
"""
