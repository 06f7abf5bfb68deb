"""``evidence register grant``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core import claim
from evidence_ledger.core.grant import Grant
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.password import password_file, with_password
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.author import Author
    from evidence_ledger.ledger import Receipt


@click.command("grant")
@click.argument("index", type=click.IntRange(min=0))
@click.argument("who", metavar="FILE|SHA256")
@click.option(
    "--only", "paths", multiple=True, metavar="PATH", help="Only this claim, such as file/0."
)
@click.option("--withdraw", is_flag=True, help="Take back what was granted.")
@click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="The depositor's key (PEM or PKCS#12) instead of the one that init made.",
)
@password_file
@place.home
@options.as_json
def command(
    index: int,
    who: str,
    paths: tuple[str, ...],
    withdraw: bool,
    key: Path | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Let somebody read the claims of your deposit INDEX on the ledger's server.

    The newest grant to somebody counts. That a grant was made is an entry, for ever; so is its
    withdrawal. What was read before can't be taken back.
    """
    from evidence_ledger.assembly import open_depositor

    if withdraw and paths:
        raise UsageError("--withdraw takes back all claims; --only does not go with it.")
    signer = register_place.whom(who)
    with place.opened(home) as ledger:
        author = with_password(lambda word: open_depositor(ledger.home, word, key), password_file)
        claims = () if withdraw else _positions(ledger, index, paths)
        receipt = _enter(ledger, author, Grant(signer, claims), index)
    if json:
        show_json(
            {"index": receipt.index, "about": index, "grant": Grant(signer, claims).to_json()}
        )
        return
    what = "no claims any more" if withdraw else ", ".join(paths) or "all claims"
    show(safe_line(f"{register_place.subject(who)} may read of entry {index}: {what}."))
    show(f"  entry {receipt.index}; the next seal timestamps it")


def _positions(ledger: OpenLedger, index: int, paths: Sequence[str]) -> tuple[int, ...] | None:
    """The claims with these paths; None for all of them. Raises UsageError."""
    if not paths:
        return None
    held = {claim.parse(data).path: at for at, data in ledger.ledger.store.claims(index)}
    strange = [path for path in paths if path not in held]
    if strange:
        raise UsageError(
            f"Entry {index} has no claim {strange[0][:80]!r} here.",
            hint=f"See its claims with: evidence show {index}",
        )
    return tuple(sorted({held[path] for path in paths}))


def _enter(ledger: OpenLedger, author: Author, grant: Grant, index: int) -> Receipt:
    from evidence_ledger.author import Context
    from evidence_ledger.core.statement import Reference

    refs = (Reference(index, ledger.ledger.entry(index).leaf_hash),)
    context = Context(ledger.settings.origin, ledger.ledger.point(), refs)
    return ledger.ledger.deposit([author.grant(grant, context)])[0]
