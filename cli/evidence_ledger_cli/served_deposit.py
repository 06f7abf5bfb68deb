"""Depositing into a ledger that is served elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.home import Home
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.entry import leaf_hash
from evidence_ledger_cli.named_matter import matter_of
from evidence_ledger_cli.output_file import require_free

if TYPE_CHECKING:
    from evidence_ledger.adapters.files.hashed import HashedFile
    from evidence_ledger.author import Author
    from evidence_ledger.desk import Field

Hashed = Callable[[Sequence[Algorithm]], "list[HashedFile]"]


def enter(
    server: str,
    home: Home,
    author: Author,
    hashed: Hashed,
    typed: Sequence[FileFact],
    fields: Sequence[Field],
    out: Path | None,
    *,
    private: bool,
) -> dict[str, object]:
    """Hand in a deposit and write its certificate; what is told about it.

    ``hashed`` reads the files with the digests that the ledger asks for.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.adapters.outbox import Outbox
    from evidence_ledger.away import DeskAway
    from evidence_ledger.desk import facts_of

    matters = MatterBook(home.matters, SystemEntropy())
    card = matter_of(matters, fields)
    with LedgerClient(server) as client:
        served = client.about()
        files = hashed(served.digests)
        desk = DeskAway(client, Outbox(home.outbox), author, SystemClock(), private=private)
        facts = [*facts_of(files), *typed]
        target = out or Path("deposit.asice")
        require_free(target)
        number = matters.reached(card, served.origin) if card else 0
        keys = card.keys(served.origin) if card else None
        made = desk.deposit(served, facts, fields, target, matter=keys, number=number)
        if card and keys and made.mark in keys.marks:
            matters.note_reached(card, served.origin, keys.marks.index(made.mark) + 1)
    return {
        "ledger": served.origin,
        "index": made.index,
        "leaf_hash": leaf_hash(made.encode()).hex(),
        "repeated": False,
        "files": len(files),
        "size": sum(file.fingerprint.size or 0 for file in files),
        "certificate": str(target),
        "by_digest": len(typed),
    }
