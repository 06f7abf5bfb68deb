"""Which witnesses a seal still waits for, and what is kept of their answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from evidence_ledger.core import entry
from evidence_ledger.errors import WitnessError
from evidence_ledger.ports import Store, Witness
from evidence_ledger.sealing.cosigning import Cosigning, Inquiry, Submission
from evidence_ledger.sealing.sealer import SealingParts, token_time
from evidence_ledger.stored import StoredSeal
from evidence_ledger.tree import reader_of

CATCH_UP: Final = 16
"""So many of the newest seals are offered to a witness that comes back."""


class Cosigner:
    """Asks a ledger's witnesses."""

    def __init__(self, parts: SealingParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._rules = parts.cosigning

    def missing(self, seal: StoredSeal) -> tuple[str, ...]:
        """The witnesses whose cosignatures a seal waits for.

        A witness that has cosigned a later one cosigns this one no more.
        """
        return tuple(one.name for one in self._owing(seal) if self._last(one) <= seal.size)

    def _owing(self, seal: StoredSeal) -> list[Witness]:
        owed = [one for one in self._parts.witnesses if self._is_owed(one, seal)]
        held = {one.witness for one in seal.cosignatures}
        if self._rules.enough(held, [one.name for one in owed]):
            return []
        return [one for one in owed if one.name not in held]

    def _is_owed(self, witness: Witness, seal: StoredSeal) -> bool:
        always = datetime.min.replace(tzinfo=UTC)
        since = self._rules.since.get(witness.name, always)
        return not seal.tokens or since <= token_time(seal.tokens[0].token)

    def _last(self, witness: Witness) -> int:
        return self._store.last_cosigned(witness.name)

    @contextmanager
    def asking(self, newest: StoredSeal, without: Collection[str] = ()) -> Iterator[Cosigning]:
        """The witnesses being asked for a seal, and for those shortly before it that wait for them.

        Those in ``without`` are left out. Whatever happens, nobody is asked anything afterwards.
        """
        asked = Cosigning(self._inquiries(newest, without), _Proofs(self._store), self._parts.clock)
        try:
            yield asked.start()
        finally:
            asked.stop()

    def keep(
        self, asked: Cosigning, newest: StoredSeal | None = None
    ) -> tuple[Sequence[int], Sequence[WitnessError]]:
        """Store what comes until the quorum has cosigned ``newest``, or for None, until all have
        answered. Returns the numbers of the seals that got cosignatures, and who failed and why.
        """
        cosigned = asked.finish(
            self._rules.deadline,
            lambda who: newest is not None and self._is_enough(newest, who.get(newest.number, ())),
        )
        for number, lines in cosigned.lines.items():
            self._store.add_cosignatures(number, lines)
        return sorted(cosigned.lines), cosigned.failures

    def _is_enough(self, seal: StoredSeal, who: Collection[str]) -> bool:
        held = {*who, *(one.witness for one in seal.cosignatures)}
        return self._rules.enough(held, [one.name for one in self._parts.witnesses])

    def _inquiries(self, newest: StoredSeal, without: Collection[str]) -> list[Inquiry]:
        asked = {one: self._last(one) for one in self._parts.witnesses if one.name not in without}
        recent = self._recent(newest, list(asked.values()))
        owing = [(seal, {one.name for one in self._owing(seal)}) for seal in recent]
        found = []
        for witness, last in asked.items():
            wanted = [seal for seal, names in owing if witness.name in names and seal.size >= last]
            if wanted:
                found.append(Inquiry(witness, last, tuple(map(self._submission, wanted))))
        return found

    def _recent(self, newest: StoredSeal, lasts: Sequence[int]) -> list[StoredSeal]:
        """The newest seals, in ascending order, from the first that some witness has not seen."""
        found = [newest]
        while (
            found[0].number and len(found) < CATCH_UP and any(one < found[0].first for one in lasts)
        ):
            before = self._store.seal(found[0].number - 1)
            if before is None:
                break
            found.insert(0, before)
        return found

    def _submission(self, seal: StoredSeal) -> Submission:
        received = entry.parse(self._store.entry(seal.size - 1).entry).received
        return Submission(seal.number, seal.size, seal.checkpoint, received)


class _Proofs:
    """Consistency proofs for several threads; most witnesses ask for the same one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._known: dict[tuple[int, int], Sequence[bytes]] = {}

    def __call__(self, old: int, size: int) -> Sequence[bytes]:
        with self._lock:
            if (old, size) not in self._known:
                proof = reader_of(self._store).consistency_proof(old, size)
                self._known[old, size] = proof
            return self._known[old, size]
