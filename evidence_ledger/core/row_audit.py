"""One stored entry recomputed from its bytes, by itself (pure; a row comes as stored)."""

from __future__ import annotations

import hashlib
from typing import Any

from evidence_ledger.core import entry
from evidence_ledger.core.entry import Entry, leaf_hash
from evidence_ledger.core.statement import Statement
from evidence_ledger.core.statement_form import mark_of, own_members
from evidence_ledger.errors import FormatError, NewerFormat, Refused, Undecided

# Number, entry, leaf hash, statement hash, statement or None, signature or None. As stored: in a
# damaged database any of them may be of any type.
AuditRow = tuple[Any, ...]


def check_row(row: AuditRow, number: int, origin: str | None = None) -> Entry:
    """Entry ``number`` as stored, without its neighbours. Raises Refused, Undecided."""
    stored, data, leaf, key, statement, signature = row
    place = f"entry {number}"
    if stored != number:
        raise missing_entry(number)
    if not _has_types(row):
        raise Refused("audit.entry-type", f"Entry {number} is not stored as bytes.", where=place)
    if leaf_hash(data) != leaf:
        raise Refused(
            "audit.leaf-hash",
            f"Entry {number} or its stored leaf hash was altered.",
            where=place,
        )
    parsed = _parsed(data, number)
    if parsed.index != number:
        raise Refused(
            "audit.entry-index", f"Entry {number} says that it is {parsed.index}.", where=place
        )
    _check_documents(parsed, key, statement, signature)
    if statement is not None and origin is not None:
        _check_own(parsed, statement, origin)
    return parsed


def _has_types(row: AuditRow) -> bool:
    _, data, leaf, key, *documents = row
    fixed = all(type(one) is bytes for one in (data, leaf, key))
    return fixed and all(one is None or type(one) is bytes for one in documents)


def _parsed(data: bytes, number: int) -> Entry:
    try:
        return entry.parse(data)
    except NewerFormat as error:
        raise Undecided(
            "audit.entry-newer", f"Entry {number}: {error.message}", where=f"entry {number}"
        ) from error
    except FormatError as error:
        raise Refused(
            "audit.entry-form", f"Entry {number}: {error.message}", where=f"entry {number}"
        ) from error


def _check_documents(
    parsed: Entry, key: bytes, statement: bytes | None, signature: bytes | None
) -> None:
    number = parsed.index
    place = f"entry {number}"
    if key != parsed.statement:
        raise Refused(
            "audit.statement-key",
            f"Entry {number} is indexed under another statement's hash than it names.",
            where=place,
        )
    if statement is not None and hashlib.sha256(statement).digest() != parsed.statement:
        raise Refused(
            "audit.statement", f"The statement of entry {number} was altered.", where=place
        )
    if statement is not None and _mark_of(statement) != parsed.mark:
        raise Refused(
            "audit.mark", f"Entry {number} has another mark than its statement.", where=place
        )
    if signature is not None and hashlib.sha256(signature).digest() != parsed.signature:
        raise Refused(
            "audit.signature", f"The signature of entry {number} was altered.", where=place
        )


def _check_own(parsed: Entry, statement: bytes, origin: str) -> None:
    if own_members(parsed.kind, origin) in statement:
        return
    if own_members(parsed.kind) not in statement:
        raise _other_kind(parsed.index)
    raise _other_ledger(parsed.index)


def require_own(parsed: Statement, holder: Entry, origin: str | None = None) -> None:
    """The statement is of its entry's kind, and for the ledger ``origin``. Raises Refused."""
    if parsed.kind != holder.kind:
        raise _other_kind(holder.index)
    if origin is not None and parsed.ledger != origin:
        raise _other_ledger(holder.index)


def _mark_of(statement: bytes) -> bytes | None:
    try:
        return mark_of(statement)
    except ValueError:
        return None


def _other_kind(number: int) -> Refused:
    """The statement of entry ``number`` is of another kind than the entry."""
    return Refused(
        "audit.kind",
        f"Entry {number} is of another kind than its statement.",
        where=f"entry {number}",
    )


def _other_ledger(number: int) -> Refused:
    """The statement of entry ``number`` was made for another ledger."""
    return Refused(
        "audit.other-ledger",
        f"The statement of entry {number} is for another ledger.",
        where=f"entry {number}",
    )


def missing_entry(number: int) -> Refused:
    """Entry ``number`` is not stored."""
    return Refused("audit.entry-missing", f"Entry {number} is missing.", where=f"entry {number}")


def broken_chain(number: int) -> Refused:
    """Entry ``number`` does not name the leaf hash of the entry before."""
    return Refused(
        "audit.chain",
        f"Entry {number} does not continue the chain from the entry before.",
        where=f"entry {number}",
    )


def turned_clock(number: int) -> Refused:
    """Entry ``number`` was received before its predecessor."""
    return Refused(
        "audit.received",
        f"Entry {number} says that it was received before the entry before it.",
        where=f"entry {number}",
    )
