"""Entries as commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evidence_ledger.core import canonical, entry, statement
from evidence_ledger.core.administration import act_json
from evidence_ledger.core.claim import Claim, file_fact
from evidence_ledger_cli.safe_text import safe_line, safe_name

if TYPE_CHECKING:
    from evidence_ledger.stored import StoredEntry


def received(data: bytes) -> str:
    """When an entry was received, by the ledger's clock."""
    return canonical.time_text(entry.parse(data).received, microseconds=True)


def entry_facts(stored: StoredEntry) -> dict[str, object]:
    """An entry as JSON values. ``erased`` says that its statement is gone."""
    parsed = entry.parse(stored.entry)
    return {
        "index": parsed.index,
        "kind": parsed.kind,
        "received": canonical.time_text(parsed.received, microseconds=True),
        "leaf_hash": stored.leaf_hash.hex(),
        "mark": parsed.mark.hex() if parsed.mark else None,
        "erased": stored.statement is None,
    }


def statement_facts(data: bytes | None) -> dict[str, object]:
    """A statement as JSON values; none where it is gone."""
    if data is None:
        return {}
    parsed = statement.parse(data)
    facts: dict[str, object] = {
        "ledger": parsed.ledger,
        "made": canonical.time_text(parsed.made),
        "signer": parsed.signer.hex(),
        "refs": [ref.index for ref in parsed.refs],
    }
    if parsed.administration is not None:
        facts["administration"] = act_json(parsed.administration)
    if parsed.grant is not None:
        facts["grant"] = parsed.grant.to_json()
    return facts


def size_text(size: int) -> str:
    """``1 byte``, ``1,678 bytes``."""
    return "1 byte" if size == 1 else f"{size:,} bytes"


def claim_line(claim: Claim) -> str:
    """A claim on one line."""
    if claim.section == "file":
        fact = file_fact(claim)
        size = "" if fact.fingerprint.size is None else f", {size_text(fact.fingerprint.size)}"
        return f"{safe_name(fact.name)}{size}, sha256:{fact.fingerprint.sha256.hex()}"
    value = claim.value
    return safe_line(value if isinstance(value, str) else canonical.encode(value).decode())
