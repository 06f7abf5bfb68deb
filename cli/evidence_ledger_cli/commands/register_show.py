"""``evidence register show``"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from evidence_ledger.core.administration import EnrolIssuer
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.distinguished_name import name_text
from evidence_ledger.core.register import Register
from evidence_ledger.core.register_view import register_document
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("show")
@click.option(
    "--at",
    "size",
    type=click.IntRange(min=0),
    metavar="INDEX",
    help="As it was when this entry was taken in; else as it is now.",
)
@place.home
@options.as_json
def command(size: int | None, home: Path | None, json: bool) -> None:
    """Who is enrolled, with what roles, and whether the ledger is closed."""
    with place.opened(home, read_only=True) as ledger:
        count = ledger.ledger.store.head().size
        register = ledger.ledger.registrar.at(count if size is None else min(size, count))
    if json:
        show_json(register_document(register))
    else:
        _tell(register)


def _tell(register: Register) -> None:
    show("closed: only those who are enrolled hand in" if register.closed else "open to all")
    for signer, roles in sorted(register.signers.items()):
        show(f"  {signer.hex()}  {', '.join(sorted(roles))}")
    for issuer in register.issuers.values():
        show(safe_line(f"  {_issuer(issuer)}"))
    for one in register.lists:
        show(safe_line(f"  list of {name_text(one.issuer)}, {time_text(one.this_update)}"))
    for rotation in register.rotations:
        state = f"rotated to {rotation.following.hex()}, entry {rotation.entry}"
        show(f"  {rotation.signer.hex()}  {state}")
    for signer in sorted(register.revoked - register.rotated.keys()):
        show(f"  {signer.hex()}  not enrolled any more")


def _issuer(issuer: EnrolIssuer) -> str:
    name = parse_certificate(issuer.certificate).subject_text
    digest = hashlib.sha256(issuer.certificate).hexdigest()
    more = f", within {', '.join(issuer.permitted)}" if issuer.permitted else ""
    more += ", revocation lists demanded" if issuer.demanded else ""
    return f"{digest}  {', '.join(sorted(issuer.roles))}: CA {name}{more}"
