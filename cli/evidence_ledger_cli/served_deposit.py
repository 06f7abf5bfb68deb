"""Depositing into a ledger that is served elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.home import Home
from evidence_ledger.core.entry import leaf_hash
from evidence_ledger.errors import EvidenceError, ServerRefused, ServerUnreachable, UsageError
from evidence_ledger.ports import Progress
from evidence_ledger_cli.handed_in import HandedIn
from evidence_ledger_cli.named_matter import matter_of
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.author import Author
    from evidence_ledger.core.certificate_writer import EmbeddedFile


def enter(
    server: str,
    home: Home,
    author: Author,
    handed: HandedIn,
    *,
    private: bool,
    upload: bool,
) -> dict[str, object]:
    """Hand in a deposit and write its certificate; what is told about it.

    With ``upload`` the files are read once more when they are entered, and kept there.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.adapters.outbox import Outbox
    from evidence_ledger.away import DeskAway
    from evidence_ledger.desk import facts_of

    matters = MatterBook(home.matters, SystemEntropy())
    card = matter_of(matters, handed.fields)
    with LedgerClient(server) as client:
        served = client.about()
        if upload and not served.keeps_files:
            raise UsageError("This server keeps no files.", hint="Deposit without --upload.")
        files = handed.hashed(served.digests)
        desk = DeskAway(client, Outbox(home.outbox), author, SystemClock(), private=private)
        facts = [*facts_of(files), *handed.typed]
        target = handed.out or Path("deposit.asice")
        require_free(target)
        number = matters.reached(card, served.origin) if card else 0
        keys = card.keys(served.origin) if card else None
        made = desk.deposit(served, facts, handed.fields, target, matter=keys, number=number)
        if card and keys and made.mark in keys.marks:
            matters.note_reached(card, served.origin, keys.marks.index(made.mark) + 1)
        if upload:
            _upload(client, made.index, handed.opened(files), author)
    return {
        "ledger": served.origin,
        "index": made.index,
        "leaf_hash": leaf_hash(made.encode()).hex(),
        "repeated": False,
        "files": len(files),
        "size": sum(file.fingerprint.size or 0 for file in files),
        "certificate": str(target),
        "by_digest": len(handed.typed),
    }


def tell_of_trust(server: str, origin: str, home: Home) -> None:
    """How whoever checks gets the ledger's key, where the policy that lies here has it not."""
    if origin in _pinned(home):
        return
    hint(
        safe_line(
            f"No trust policy here pins the key of {origin}: the server itself gave the key by "
            "which the certificate was checked. Whoever checks needs the ledger's trust policy. "
            "Get it from its operator by another way, and compare it with what the server shows: "
            f"{server.rstrip('/')}/v1/policy"
        )
    )


def _pinned(home: Home) -> frozenset[str]:
    from evidence_ledger.adapters.trust_file import read_trust

    if not home.trust.is_file():
        return frozenset()
    try:
        return frozenset(log.keys[0].name for log in read_trust(home.trust).logs)
    except EvidenceError:
        return frozenset()


def _upload(
    client: LedgerClient, index: int, files: Sequence[EmbeddedFile], author: Author
) -> None:
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.keys.request_signer import RequestSigner

    signer = RequestSigner(author.signer, SystemClock(), SystemEntropy())
    with ScreenProgress(sum(one.size for one in files)) as progress:
        for one in files:
            try:
                client.upload(index, one.number, _counted(one.chunks, progress), signer)
            except (ServerUnreachable, ServerRefused) as error:
                error.hint = (
                    f"Entry {index} and its certificate stand; file/{one.number} and those after "
                    "it are not on the server."
                )
                raise
            progress.advance(1, 0)


def _counted(chunks: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        progress.advance(0, len(chunk))
