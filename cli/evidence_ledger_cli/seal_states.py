"""What the seals of listed entries lack; each seal is read once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence_ledger.ledger import Ledger
    from evidence_ledger.stored import StoredSeal


class SealStates:
    """The seals of entries that are asked for in ascending order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._until = 0
        self._state: dict[str, object] | None = None
        self._all_sealed = True

    def of(self, index: int) -> dict[str, object] | None:
        """``{"seal": NUMBER, "missing": [NAME…], "witnesses_missing": [NAME…]}``, or None where
        the entry is not sealed.
        """
        if index >= self._until and self._all_sealed:
            self._look(index)
        return self._state

    def _look(self, index: int) -> None:
        seal = self._ledger.store.seal_of(index)
        if seal is None:
            self._all_sealed, self._state = False, None
            return
        self._until = seal.size
        self._state = {
            "seal": seal.number,
            "missing": list(self._ledger.missing(seal)),
            "witnesses_missing": list(self._ledger.unwitnessed(seal)),
        }


def witnesses_of(seal: StoredSeal) -> list[str]:
    """The witnesses that cosigned a seal, each once, in the order in which they did."""
    return list(dict.fromkeys(one.witness for one in seal.cosignatures))


def pending_names(authorities: Iterable[str], witnesses: Iterable[str]) -> list[str]:
    """What a seal lacks, as it is shown to people."""
    return [*authorities, *(f"the witness {name}" for name in witnesses)]
