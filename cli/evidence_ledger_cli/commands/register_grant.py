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
from evidence_ledger_cli.served_entry import depositor
from evidence_ledger_cli.served_grant import grant_served, positions_of

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.author import Author


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
    help="The depositor's key (PEM, PKCS#12 or token) instead of the one that init made.",
)
@click.option("--server", metavar="URL", help="The deposit is in the ledger that is served there.")
@password_file
@place.home
@options.as_json
def command(
    index: int,
    who: str,
    paths: tuple[str, ...],
    withdraw: bool,
    key: Path | None,
    server: str | None,
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
    signer, wanted = register_place.whom(who), None if withdraw else paths
    entered: int | None
    if server is not None:
        own = depositor(place.home_at(home), key, password_file)
        given, entered = grant_served(server, own, index, signer, wanted)
    else:
        with place.opened(home) as ledger:
            author = with_password(
                lambda word: open_depositor(ledger.home, word, key), password_file
            )
            given = Grant(signer, _positions(ledger, index, wanted))
            is_so = _is_so(ledger, author, given, index)
            entered = None if is_so else _enter(ledger, author, given, index)
    if json:
        show_json({"index": entered, "about": index, "grant": given.to_json()})
        return
    what = "no claims any more" if withdraw else ", ".join(paths) or "all claims"
    may = "may read" if entered is not None else "may already read"
    show(safe_line(f"{register_place.subject(who)} {may} of entry {index}: {what}."))
    if entered is None:
        show("  nothing was entered")
    else:
        show(f"  entry {entered}; the next seal timestamps it")


def _positions(
    ledger: OpenLedger, index: int, paths: Sequence[str] | None
) -> tuple[int, ...] | None:
    if not paths:
        return None if paths is not None else ()
    held = {claim.parse(data).path: at for at, data in ledger.ledger.store.claims(index)}
    return positions_of(paths, held, index)


def _is_so(ledger: OpenLedger, author: Author, grant: Grant, index: int) -> bool:
    """Whether the deposit's holder granted the same last; whoever else asks is refused later."""
    from evidence_ledger.core import statement
    from evidence_ledger.registrar import newest_grant

    store, register = ledger.ledger.store, register_place.current(ledger)
    said = store.entry(index).statement
    if said is None or statement.parse(said).kind != "deposit":
        return False
    if author.fingerprint in register.revoked:
        return False
    if not register.same_holder(statement.parse(said).signer, author.fingerprint):
        return False
    newest = newest_grant(register, store, index, grant.signer)
    return (newest.claims if newest else ()) == grant.claims


def _enter(ledger: OpenLedger, author: Author, grant: Grant, index: int) -> int:
    from evidence_ledger.author import Context
    from evidence_ledger.core.statement import Reference

    refs = (Reference(index, ledger.ledger.entry(index).leaf_hash),)
    context = Context(ledger.settings.origin, ledger.ledger.point(), refs)
    return ledger.ledger.deposit([author.grant(grant, context)])[0].index
