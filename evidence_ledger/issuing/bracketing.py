"""The earlier seal that a statement leans on, gathered from the store."""

from __future__ import annotations

import hashlib

from evidence_ledger.core import path_line, statement
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.time_bracket import Bracket
from evidence_ledger.ports import Store
from evidence_ledger.stored import StoredSeal
from evidence_ledger.tree import reader_of


def bracket_of(store: Store, after: TreePoint) -> Bracket | None:
    """What proves that whoever named ``after`` did so after an earlier seal's tokens.

    None where there is no earlier seal under that point, or its documents were erased.
    """
    seal = _seal_before(store, after.size)
    if seal is None or seal.entry is None:
        return None
    own = store.entry(seal.entry)
    if own.statement is None or own.signature is None:
        return None
    fact = statement.parse(own.statement).seal
    named = fact.tokens if fact is not None else ()
    tokens = (one.token for one in seal.tokens)
    path = reader_of(store).inclusion_proof(own.index, after.size)
    return Bracket(
        entry=own.entry,
        path=path_line.encode(own.index, path),
        statement=own.statement,
        signature=own.signature,
        tokens=tuple(one for one in tokens if hashlib.sha256(one).digest() in named),
    )


def _seal_before(store: Store, size: int) -> StoredSeal | None:
    """The newest seal whose own entry is one of the first ``size``."""
    newest = (store.seal_of(size - 1) or store.seal(-1)) if size else None
    for number in range(newest.number if newest else -1, -1, -1):
        seal = store.seal(number)
        if seal is not None and seal.entry is not None and seal.entry < size:
            return seal
    return None
