"""Statements about earlier entries, entered into a ledger here or one that is served elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evidence_ledger_cli import options, place
from evidence_ledger_cli.log_place import log_source
from evidence_ledger_cli.named_matter import matter_of
from evidence_ledger_cli.output import hint, show
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.password import password_file, with_password
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.sealed_entry import entered, sealed

if TYPE_CHECKING:
    from evidence_ledger.author import Author, Draft
    from evidence_ledger.core.statement import Reference
    from evidence_ledger.desk import Field

Leaf = Callable[[int], bytes]
Named = Callable[[str, Leaf], "Sequence[Reference]"]
"""The entries that a statement names, in the ledger of an origin, by their leaf hashes there."""
C = TypeVar("C", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--case",
        "cases",
        multiple=True,
        metavar="NO",
        help="The case number: short for --claim matter/case_number=NO.",
    ),
    click.option(
        "--claim", "claims", multiple=True, metavar="PATH=VALUE", help="A further fact to state."
    ),
    click.option("--note", metavar="TEXT", help="Whatever else is to be said."),
    click.option(
        "--out",
        type=options.output_file(),
        metavar="FILE.asice",
        help="Where the certificate of this statement goes; else one named for its kind.",
    ),
    click.option(
        "--key",
        type=options.input_file(),
        metavar="FILE",
        help="Sign with this key (PEM, PKCS#12 or token) instead of the one that init made.",
    ),
    click.option(
        "--server", metavar="URL", help="Enter into the ledger that is served there; signed here."
    ),
    password_file,
    place.home,
    options.as_json,
)


def shared(command: C) -> C:
    """The options that all these commands have."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Desired:
    """What is to be entered: its ``kind``, its claims, which entries it names, by whose key."""

    kind: str
    fields: Sequence[Field]
    named: Named
    key: Path | None
    password_file: Path | None
    out: Path | None

    def draft(self, origin: str, leaf: Leaf) -> Draft:
        """What is signed in the ledger of that origin."""
        from evidence_ledger.author import Draft

        return Draft(self.kind, fields=self.fields, refs=self.named(origin, leaf))


def at_indexes(indexes: Sequence[int]) -> Named:
    """The entries with these indexes."""

    def named(_: str, leaf: Leaf) -> Sequence[Reference]:
        from evidence_ledger.core.statement import Reference

        return [Reference(index, leaf(index)) for index in indexes]

    return named


def enter(wanted: Desired, server: str | None, home: Path | None) -> dict[str, object]:
    """Sign it, enter it, seal it and write its certificate; what is told about it.

    Raises what Desk.enter and DeskAway.enter raise.
    """
    if wanted.out is not None:
        require_free(wanted.out)
    return _enter_here(wanted, home) if server is None else _enter_away(wanted, server, home)


def _enter_here(wanted: Desired, home: Path | None) -> dict[str, object]:
    from evidence_ledger.assembly import open_depositor
    from evidence_ledger.desk import Desk, write_certificate

    with place.opened(home) as ledger:
        author = with_password(
            lambda word: open_depositor(ledger.home, word, wanted.key), wanted.password_file
        )
        desk = Desk(ledger, author)
        origin = ledger.ledger.origin
        draft = wanted.draft(origin, lambda index: ledger.ledger.entry(index).leaf_hash)
        card = matter_of(ledger.matters, wanted.fields)
        made = desk.enter(draft, card.keys(origin) if card else None)
        index = made.receipt.index
        target = wanted.out or Path(f"{wanted.kind}-{index}.asice")
        with entered(index, "statement"):
            failures = sealed(desk, index)
            write_certificate(ledger, index, target)
        desk.done(made)
    for failure in dict.fromkeys(map(str, failures)):
        hint(safe_line(f"No time from one authority: {failure}"))
    told = _document(origin, draft, index, made.receipt.leaf_hash, target)
    return told | {"repeated": made.receipt.repeated}


def _enter_away(wanted: Desired, server: str, home: Path | None) -> dict[str, object]:
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.adapters.outbox import Outbox
    from evidence_ledger.assembly import open_depositor
    from evidence_ledger.away import DeskAway
    from evidence_ledger.core.entry import leaf_hash
    from evidence_ledger.leaves_away import LeavesAway

    own = place.home_at(home)
    author: Author = with_password(
        lambda word: open_depositor(own, word, wanted.key), wanted.password_file
    )
    target = wanted.out or Path(f"{wanted.kind}.asice")
    require_free(target)
    matters = MatterBook(own.matters, SystemEntropy())
    card = matter_of(matters, wanted.fields)
    with LedgerClient(server) as client, log_source(server) as log:
        served = client.about()
        leaves = LeavesAway(client, log, served.after)
        draft = wanted.draft(served.origin, leaves.leaf)
        for ref in draft.refs:
            if not leaves.is_proved(ref.index):
                hint(f"Entry {ref.index} is not sealed yet: taken at the server's word.")
        keys = card.keys(served.origin) if card else None
        number = matters.reached(card, served.origin) if card else 0
        desk = DeskAway(client, Outbox(own.outbox), author, SystemClock())
        made = desk.enter(served, draft, target, matter=keys, number=number)
        if card and keys and made.mark in keys.marks:
            matters.note_reached(card, served.origin, keys.marks.index(made.mark) + 1)
    told = _document(served.origin, draft, made.index, leaf_hash(made.encode()), target)
    return told | {"repeated": False}


def _document(
    origin: str, draft: Draft, index: int, leaf: bytes, target: Path
) -> dict[str, object]:
    return {
        "ledger": origin,
        "index": index,
        "kind": draft.kind,
        "about": [ref.index for ref in draft.refs],
        "leaf_hash": leaf.hex(),
        "certificate": str(target),
    }


def tell(document: dict[str, object], says: str) -> None:
    """Say what was entered, after the sentence ``says``."""
    again = " (it was there already)" if document["repeated"] else ""
    show(safe_line(says))
    show(f"Entry {document['index']} of {safe_line(str(document['ledger']))}{again}")
    show(f"  entry hash   {document['leaf_hash']}")
    show(f"  certificate  {safe_line(str(document['certificate']))}")


def named_text(indexes: object) -> str:
    """``entry 3``, ``entries 3, 5``."""
    numbers = [str(one) for one in indexes] if isinstance(indexes, list) else []
    return f"{'entry' if len(numbers) == 1 else 'entries'} {', '.join(numbers)}"
