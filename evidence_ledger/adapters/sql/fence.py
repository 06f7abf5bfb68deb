"""Triggers that refuse changes to what is written once: a second fence, never the proof.

Erasure may set a document to NULL and delete claims, fingerprints and timestamps over files
themselves, of those entries that an entry of kind erasure names; the head may only grow; a seal or
a renewal may get its entry once.
"""

from __future__ import annotations

from collections.abc import Iterator

from evidence_ledger.adapters.sql.dialects import dialect_of

_NEVER = "1 = 1"
_CHANGES = {
    "entries": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "marks": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "tiles": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "seal_groups": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "tokens": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "special_entries": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "cosignatures": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "documents": {
        "UPDATE": "NEW.entry <> OLD.entry"
        " OR (NEW.statement IS NOT NULL"
        " AND (OLD.statement IS NULL OR NEW.statement <> OLD.statement))"
        " OR (NEW.signature IS NOT NULL"
        " AND (OLD.signature IS NULL OR NEW.signature <> OLD.signature))",
        "DELETE": _NEVER,
    },
    "claims": {"UPDATE": _NEVER},
    "fingerprints": {"UPDATE": _NEVER},
    "orders": {"UPDATE": _NEVER},
    "supplements": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "seal_supplements": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "direct_tokens": {"UPDATE": _NEVER},
    "renewed_strands": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "renewed_groups": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "renewed_direct": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "renewal_supplements": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "renewal_tokens": {"UPDATE": _NEVER, "DELETE": _NEVER},
    "renewals": {
        "UPDATE": "OLD.entry IS NOT NULL OR NEW.entry IS NULL OR NEW.number <> OLD.number"
        " OR NEW.kind <> OLD.kind OR NEW.digest <> OLD.digest"
        " OR NEW.independent <> OLD.independent OR NEW.begun <> OLD.begun"
        " OR NEW.leaves <> OLD.leaves",
        "DELETE": _NEVER,
    },
    "head": {"UPDATE": "NEW.id <> OLD.id OR NEW.size <= OLD.size", "DELETE": _NEVER},
    "seals": {
        "UPDATE": "OLD.entry IS NOT NULL OR NEW.entry IS NULL OR NEW.number <> OLD.number"
        " OR NEW.first <> OLD.first OR NEW.size <> OLD.size OR NEW.root <> OLD.root"
        " OR NEW.checkpoint <> OLD.checkpoint OR NEW.leaves <> OLD.leaves"
        " OR NEW.offsets <> OLD.offsets",
        "DELETE": _NEVER,
    },
}


_IS_ASKED = (
    "EXISTS (SELECT 1 FROM special_entries"
    " WHERE special_entries.about = OLD.entry AND special_entries.kind = 'erasure')"
)
_TAKES_NOTHING = (
    "(NEW.statement IS NOT NULL OR OLD.statement IS NULL)"
    " AND (NEW.signature IS NOT NULL OR OLD.signature IS NULL)"
)
_BY_ERASURE = {
    "documents": ("UPDATE", f"({_TAKES_NOTHING} OR {_IS_ASKED})"),
    "claims": ("DELETE", _IS_ASKED),
    "fingerprints": ("DELETE", _IS_ASKED),
    "direct_tokens": ("DELETE", _IS_ASKED),
    "orders": ("DELETE", _IS_ASKED),
}


def erasure_triggers(dialect: str, *tables: str) -> Iterator[str]:
    """Statements for the triggers of these tables that let only go what an entry of kind erasure
    names."""
    kind = dialect_of(dialect)
    for table in tables:
        change, condition = _BY_ERASURE[table]
        yield from kind.guard(table, change, condition)


def triggers(dialect: str, *tables: str) -> Iterator[str]:
    """Statements for the triggers of these tables, for the kind of database of that name."""
    kind = dialect_of(dialect)
    for table in tables:
        yield from kind.triggers(table, _CHANGES[table])
