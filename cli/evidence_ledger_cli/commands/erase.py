"""``evidence erase``"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core import claim
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.erasure import MOST_REASON, REASON
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.password import password_file, with_password
from evidence_ledger_cli.served_entry import depositor
from evidence_ledger_cli.served_erasure import erase_served

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.author import Author

_SHORT = 3
_SAYS = """\
Goes:  statement, signature with its X.509 certificates, claims (names, case numbers, parties),
       fingerprints, timestamps over the files themselves, and files that a server keeps.
Stays: the entry with its number, time and hashes; seals and all other entries; this erasure with
       its reason, for ever, so name nobody in it.
Certificates that were handed out stay valid, wherever they are: ask those who have them. None is
       made any more, so they age with the timestamps that are in them.
Backups and copies of the ledger keep what they hold until they are deleted or overwritten."""


@click.command("erase")
@click.argument("indexes", metavar="INDEX...", type=click.IntRange(min=0), nargs=-1, required=True)
@click.option(
    "--reason", required=True, metavar="TEXT", help="The legal ground. It stays: name nobody in it."
)
@click.option("--server", metavar="URL", help="The entries are in the ledger that is served there.")
@click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="Sign with this key (PEM, PKCS#12 or token) instead of the one that init made.",
)
@click.option("--as-operator", is_flag=True, help="Sign with the key of the ledger's operator.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@password_file
@place.home
@options.as_json
def command(
    indexes: tuple[int, ...],
    reason: str,
    server: str | None,
    key: Path | None,
    as_operator: bool,
    yes: bool,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Erase the documents and claims of entries, for good.

    For whoever signed an entry, or for an operator. Where a court's order names the entry, or
    the entry is such an order, it is for that court alone; where that court is enrolled no more,
    for any court that is. The proofs of all other entries stay as they are.
    """
    _check_usage(reason, server, key, as_operator=as_operator)
    named = sorted(set(indexes))
    if not yes and not _confirmed(named):
        hint("Nothing was erased.")
        return
    if server is not None:
        own = depositor(place.home_at(home), key, password_file)
        entered, before = erase_served(server, own, named, reason)
        _tell(named, entered, before=before, is_clean=None, json=json)
        return
    with place.opened(home) as ledger:
        author = _author(ledger, key, password_file, as_operator=as_operator)
        left = [one for one in named if ledger.ledger.entry(one).statement is not None]
        entered = _erase(ledger, author, left, reason) if left else None
        is_clean = ledger.ledger.finish_erasures() or ledger.settings.database.startswith(
            "postgres"
        )
    _tell(named, entered, before=sorted({*named} - {*left}), is_clean=is_clean, json=json)


def _check_usage(reason: str, server: str | None, key: Path | None, *, as_operator: bool) -> None:
    if not 0 < len(reason.strip()) <= MOST_REASON:
        raise UsageError(f"A reason has 1 to {MOST_REASON} characters.")
    if as_operator and (server is not None or key is not None):
        raise UsageError("--as-operator goes with neither --server nor --key: name the key there.")


def _confirmed(indexes: Sequence[int]) -> bool:
    names = ", ".join(map(str, indexes))
    click.echo(f"Of {'entry' if len(indexes) == 1 else 'entries'} {names}:\n{_SAYS}", err=True)
    try:
        return click.confirm("Erase for good?", err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        hint = "To erase without being asked: --yes"
        raise UsageError("Nobody answered, so nothing was erased.", hint=hint) from None


def _author(
    ledger: OpenLedger, key: Path | None, password_file: Path | None, *, as_operator: bool
) -> Author:
    from evidence_ledger.assembly import open_depositor

    if as_operator:
        return ledger.operator
    return with_password(lambda word: open_depositor(ledger.home, word, key), password_file)


def _erase(ledger: OpenLedger, author: Author, indexes: Sequence[int], reason: str) -> int:
    """Enter the erasure; what is not sealed yet is sealed first. The index of its entry."""
    from evidence_ledger.author import Draft
    from evidence_ledger.core.statement import Reference
    from evidence_ledger.desk import Desk

    if any(ledger.ledger.store.seal_of(one) is None for one in indexes):
        with ledger.sealing_turn() as alone:
            if alone:
                ledger.ledger.seal()
    _require_plain(ledger, indexes, reason)
    held = [ledger.ledger.entry(one) for one in indexes]
    refs = tuple(Reference(one.index, one.leaf_hash) for one in held)
    entered = Desk(ledger, author).enter(Draft("erasure", (), [(REASON, reason)], refs))
    statements = [one.statement for one in held if one.statement is not None]
    ledger.outbox.forget({hashlib.sha256(one).digest() for one in statements})
    ledger.outbox.drop(entered.key)
    return entered.receipt.index


def _require_plain(ledger: OpenLedger, indexes: Sequence[int], reason: str) -> None:
    """The reason, which stays, repeats no name or number that goes. Raises UsageError."""
    for index in indexes:
        for _, data in ledger.ledger.store.claims(index):
            if any(word in reason.casefold() for word in _names(claim.parse(data))):
                raise UsageError(
                    f"The reason repeats a claim of entry {index}, and stays for ever.",
                    hint="Name the legal ground alone.",
                )


def _names(one: Claim) -> Iterator[str]:
    """File names, case numbers and parties in a claim, of four characters or more."""
    if one.section == "file":
        found: list[Json] = [claim.file_fact(one).name.decode(errors="replace").split("/")[-1]]
    elif one.path in ("matter/case_number", "matter/parties"):
        found = list(one.value) if isinstance(one.value, list) else [one.value]
    else:
        found = []
    yield from (word.casefold() for word in found if isinstance(word, str) and len(word) > _SHORT)


def _tell(
    indexes: Sequence[int],
    entered: int | None,
    *,
    is_clean: bool | None,
    json: bool,
    before: Sequence[int] = (),
) -> None:
    """Say what is erased now; ``before`` are those that were already. ``is_clean``: nothing of it
    is in the database's own files; None where that can't be known here."""
    if json:
        show_json({"erased": list(indexes), "index": entered, "files_clean": is_clean})
        return
    if before:
        show(f"Erased already: {', '.join(map(str, before))}")
    if entered is not None:
        names = ", ".join(str(one) for one in indexes if one not in before)
        show(f"Erased: {names}. Entry {entered} says so.")
        hint("Certificates that were handed out stay valid; backups keep what they hold.")
    if is_clean is None and entered is not None:
        hint(
            "What is left in the files of its database is the server's to overwrite: in SQLite "
            "with its next seal, for PostgreSQL see docs/storage.md."
        )
    if is_clean is False:
        hint(
            "The database's own files may still hold remnants. In SQLite the next evidence seal "
            "overwrites them; for PostgreSQL see docs/storage.md."
        )
