"""What statements say of the ledger itself: the checkpoint they came after, the entries they name,
and the marks, of which each stands once.

A ledger only grows, so that what was found true once stays true and is not looked up again. Only
that a mark is free does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from evidence_ledger.core.chain import NOTHING, Admission
from evidence_ledger.core.entry import ROLL
from evidence_ledger.core.statement import Reference, TreePoint
from evidence_ledger.errors import Refused
from evidence_ledger.ports import Store
from evidence_ledger.tree import edge_at

MOST_KEPT = 4096


class Links:
    """Checks ``after`` and ``refs``. Not for several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._points = {NOTHING}

    def check(self, admission: Admission) -> None:
        """``after`` and ``refs`` name what this ledger really holds. Raises Refused."""
        if admission.after not in self._points:
            self._check_point(admission.after)
        for ref in admission.refs:
            self._check_reference(ref)

    def taken(self, admissions: Mapping[bytes, Admission]) -> dict[bytes, Refused]:
        """Those, by their keys, whose mark another entry has, or one before them among these."""
        marked = {key: one.mark for key, one in admissions.items() if one.mark and one.kind != ROLL}
        if not marked:
            return {}
        seen = set(self._store.marked(dict.fromkeys(marked.values())))
        found = {}
        for key, mark in marked.items():
            if mark in seen:
                found[key] = Refused(
                    "admission.mark-taken",
                    "Another entry of this matter was entered first.",
                    hint="Sign the statement again with the mark of the next entry.",
                )
            seen.add(mark)
        return found

    def _check_point(self, point: TreePoint) -> None:
        size = self._store.head().size
        if point.size > size or edge_at(self._store, point.size).root() != point.root:
            raise Refused(
                "statement.after", "The statement names a checkpoint that this ledger never had."
            )
        if len(self._points) >= MOST_KEPT:
            self._points = {NOTHING}
        self._points.add(point)

    def _check_reference(self, ref: Reference) -> None:
        if self._store.leaf_hashes(ref.index, ref.index + 1) != [ref.leaf]:
            raise Refused("statement.refs", f"The ledger has no entry {ref.index} with that hash.")
