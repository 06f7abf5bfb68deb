"""An entry of a ledger that is served elsewhere, with what its reader may see of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.home import Home
from evidence_ledger.core.claim import Claim
from evidence_ledger.errors import EntryErased, ServerRefused
from evidence_ledger_cli.entry_view import entry_facts, statement_facts
from evidence_ledger_cli.password import with_password

if TYPE_CHECKING:
    from evidence_ledger.ports import Signer


def served_entry(
    server: str, index: int, home: Home, key: Path | None, password_file: Path | None
) -> tuple[dict[str, object], list[Claim]]:
    """The entry's facts, and the claims that the key's owner may read; what is public where
    all else was erased.

    Raises ServerUnreachable, ServerRefused, ServerAnswerInvalid, and what opening the key raises.
    """
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger.adapters.keys.request_signer import RequestSigner
    from evidence_ledger.adapters.ledger_client import LedgerClient
    from evidence_ledger.stored import StoredEntry

    reader = RequestSigner(depositor(home, key, password_file), SystemClock(), SystemEntropy())
    with LedgerClient(server) as client:
        try:
            found = client.claims(index, reader)
        except ServerRefused as error:
            if error.server_code != EntryErased.code:
                raise
            parsed, leaf = client.entry(index)
            seen, held = StoredEntry(index, parsed.encode(), leaf, None, None), []
        else:
            data, said = found.entry.encode(), found.statement.encode()
            seen = StoredEntry(index, data, found.leaf_hash, said, None)
            held = [one for _, one in found.claims]
        named_by = client.named_by(index)
    facts = entry_facts(seen) | statement_facts(seen.statement) | {"named_by": named_by}
    return facts, held


def depositor(home: Home, key: Path | None, password_file: Path | None) -> Signer:
    """The key that was named, or the one that ``init`` made."""
    from evidence_ledger.adapters.keys.key_files import open_signer

    return with_password(lambda word: open_signer(key or home.depositor, word), password_file)
