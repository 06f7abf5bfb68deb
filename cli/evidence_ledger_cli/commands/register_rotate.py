"""``evidence register rotate``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.password import attend, password_file, with_password
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.keys.key_files import FileSigner
    from evidence_ledger.assembly import OpenLedger


@click.command("rotate")
@click.argument("new_key", type=options.input_file(), metavar="NEW-KEY")
@click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="The key that is replaced (PEM without password, or token); else the ledger's own.",
)
@password_file
@place.home
@options.as_json
def command(
    new_key: Path, key: Path | None, password_file: Path | None, home: Path | None, json: bool
) -> None:
    """Replace a key by the next one.

    Without --key it is the key with which the ledger's operator signs seals; the file in the
    ledger's folder is replaced too. Both keys sign. The next one has the roles and the deposits of
    the one before, which hands in nothing more. --password-file opens NEW-KEY.
    """
    from evidence_ledger.adapters.keys.key_files import open_signer

    following = with_password(lambda word: open_signer(new_key, word), password_file)
    with place.opened(home) as ledger:
        index = _of_operator(ledger, following) if key is None else _of(ledger, key, following)
    if json:
        show_json({"index": index, "key": str(new_key)})
        return
    show(safe_line(f"{new_key} is the key from now on."))
    if key is None:
        hint("Hand the ledger's trust policy on again: it names the new key too.")


def _of_operator(ledger: OpenLedger, following: FileSigner) -> int | None:
    from evidence_ledger.rotating import rotate_operator

    return rotate_operator(ledger, following)


def _of(ledger: OpenLedger, key: Path, following: FileSigner) -> int:
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.assembly import open_depositor
    from evidence_ledger.author import Author, Context

    author = open_depositor(ledger.home, None, key)
    attend(author.signer)
    context = Context(ledger.settings.origin, ledger.ledger.point())
    signed = author.rotation(Author(following, SystemClock(), SystemEntropy()), context)
    return ledger.ledger.deposit([signed])[0].index
