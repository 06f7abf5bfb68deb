"""The leaves that files have in the record tree of their seal, read from the store in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from evidence_ledger.core.claim_form import seal_leaf
from evidence_ledger.ports import Store

_Group = tuple[int, Iterable[tuple[int, int, bytes]]]


class FileLeaves:
    """Those of one entry after the other, up to before ``stop``. Claims are read in pages."""

    def __init__(self, store: Store, stop: int) -> None:
        self._store = store
        self._stop = stop
        self._groups: Iterator[_Group] | None = None
        self._next: _Group = (stop, ())

    def of(self, index: int) -> list[bytes] | None:
        """The leaves of an entry's files, None where it has no claims here; ``index`` goes up from
        call to call.

        Raises FormatError, and what the store raises.
        """
        if self._groups is None:
            self._groups = groupby(self._store.claims_between(index, self._stop), itemgetter(0))
            self._step()
        while self._next[0] < index:
            self._step()
        number, claims = self._next
        if number != index:
            return None
        found = list(_leaves(data for _, _, data in claims))
        self._step()
        return found

    def _step(self) -> None:
        self._next = next(self._groups or iter(()), (self._stop, ()))


def _leaves(claims: Iterable[bytes]) -> Iterator[bytes]:
    """Files come first."""
    for data in claims:
        leaf = seal_leaf(data)
        if leaf is None:
            return
        yield leaf
