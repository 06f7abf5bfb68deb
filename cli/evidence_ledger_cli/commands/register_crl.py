"""``evidence register crl``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core import pem
from evidence_ledger.core.administration import LARGEST_LIST, AddRevocationList
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.distinguished_name import name_text
from evidence_ledger.core.revocation_list import parse_list
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.input_file import read_whole
from evidence_ledger_cli.password import password_file


@click.command("crl")
@click.argument("file", type=options.input_file(), metavar="FILE")
@register_place.key
@password_file
@place.home
@options.as_json
def command(
    file: Path, key: Path | None, password_file: Path | None, home: Path | None, json: bool
) -> None:
    """Take in a revocation list of a CA, in PEM or DER form.

    Those whom it names hand in nothing more. The newest list of each issuer counts.
    """
    data = _list(file)
    act = AddRevocationList(data)
    with place.opened(home) as ledger:
        author = register_place.operator(ledger, key, password_file)
        receipt = register_place.enter(ledger, author, act)
    found = parse_list(data)
    says = f"The list of {name_text(found.issuer)} of {time_text(found.this_update)} counts now."
    register_place.tell(receipt, act, says, json=json)


def _list(file: Path) -> bytes:
    (data, *more) = pem.revocation_lists(read_whole(file, register_place.LARGEST), where=str(file))
    if more:
        raise UsageError("The file holds several lists; give them one by one.", where=str(file))
    if len(data) > LARGEST_LIST:
        raise UsageError(
            f"The list has more than {LARGEST_LIST:,} bytes, too many for one entry.",
            where=str(file),
            hint="Revoke those whom it names one by one: evidence register revoke",
        )
    parse_list(data)
    return data
