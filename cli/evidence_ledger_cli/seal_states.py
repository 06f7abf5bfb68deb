"""What the seals of listed entries lack; each seal is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence_ledger.ledger import Ledger


class SealStates:
    """The seals of entries that are asked for in ascending order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._until = 0
        self._state: dict[str, object] | None = None
        self._all_sealed = True

    def of(self, index: int) -> dict[str, object] | None:
        """``{"seal": NUMBER, "missing": [NAME…]}``, or None where the entry is not sealed."""
        if index >= self._until and self._all_sealed:
            self._look(index)
        return self._state

    def _look(self, index: int) -> None:
        seal = self._ledger.store.seal_of(index)
        if seal is None:
            self._all_sealed, self._state = False, None
            return
        self._until = seal.size
        self._state = {"seal": seal.number, "missing": list(self._ledger.missing(seal))}
