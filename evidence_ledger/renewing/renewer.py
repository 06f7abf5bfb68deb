"""Renewals: newer timestamps over those of seals and of files themselves (RFC 4998, section 5.2).

One token of each authority covers them all. The order of writes, each durable before the next: the
renewal with all that it covers, each token, what helps to judge it later, the entry that names the
tokens, the mark that closes the renewal. Whatever is interrupted is finished by the next renewal;
tokens are over what was stored first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from evidence_ledger.appending import TRIES
from evidence_ledger.core.admission import admit
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.core.token_place import FilePlace, Place
from evidence_ledger.errors import (
    AuthorityError,
    AuthorityUnreachable,
    HeadMoved,
    LedgerCorrupt,
    UsageError,
)
from evidence_ledger.ledger import Ledger
from evidence_ledger.renewing.plan import (
    TIGHT,
    TREE_DIGESTS,
    Batch,
    Left,
    Wish,
    timestamp_batches,
    tree_batches,
)
from evidence_ledger.renewing.records import Renewals
from evidence_ledger.renewing.strand import renewal_of, seal_of, tree_of
from evidence_ledger.renewing.tree_leaves import TreeLeaves
from evidence_ledger.renewing.weakening import Judge, Standing
from evidence_ledger.sealing.asking import Asking, Slot, fresh_question, missing, slots_of
from evidence_ledger.sealing.capturing import captured
from evidence_ledger.sealing.operator_statements import OperatorStatements
from evidence_ledger.sealing.sealer import SealingParts
from evidence_ledger.stored import StoredRenewal


@dataclass(frozen=True, slots=True)
class RenewalResult:
    """What was renewed, what was left out and why, and who failed.

    ``strands`` counts timestamps renewed; ``without`` objects that hash-tree renewals left out:
    those whose digest the ledger does not know. ``tight`` counts timestamps renewed whose chain
    takes but ``TIGHT`` more, or fewer.
    """

    renewals: tuple[StoredRenewal, ...]
    strands: int
    left: tuple[tuple[Standing, Left], ...]
    failures: tuple[AuthorityError, ...]
    without: int
    tight: int = 0


@dataclass(slots=True)
class _Progress:
    renewals: list[StoredRenewal] = field(default_factory=list)
    done: set[Place] = field(default_factory=set)
    left: list[tuple[Standing, Left]] = field(default_factory=list)
    failures: list[AuthorityError] = field(default_factory=list)
    tight: set[Place] = field(default_factory=set)
    without: int = 0

    def result(self) -> RenewalResult:
        return RenewalResult(
            tuple(self.renewals),
            len(self.done),
            tuple(self.left),
            tuple(self.failures),
            self.without,
            len(self.tight & self.done),
        )


class Renewer:
    """Renews the timestamps of a ledger. ``roots`` are the authorities', DER, by name."""

    def __init__(
        self, parts: SealingParts, ledger: Ledger, roots: Mapping[str, Sequence[bytes]]
    ) -> None:
        self._parts = parts
        self._store = parts.store
        self._ledger = ledger
        self._roots = roots
        self._slots = slots_of(parts.authorities, parts.rules)
        self._statements = OperatorStatements(parts)

    def standings(self, ends: Mapping[str, date] | None = None) -> Iterator[Standing]:
        """Until when the newest timestamps stand; ``ends`` is the last day of algorithms."""
        return Judge(self._roots, ends or {}, self._parts.clock.now()).standings(self._store)

    def renew(self, wish: Wish, ends: Mapping[str, date] | None = None) -> RenewalResult:
        """Finish what was interrupted, then renew what is wished for.

        ``ends`` is the last day of algorithms, by their names. Raises UsageError for a digest that
        is not in ``TREE_DIGESTS``, AuthorityError where nobody answered, HeadMoved where others
        were first too often, and what the Store raises. What was renewed before that stays.
        """
        if wish.digest is not None and wish.digest not in TREE_DIGESTS:
            raise UsageError(f"Hash trees are renewed with {' or '.join(TREE_DIGESTS)}.")
        progress = _Progress()
        for _ in range(TRIES):
            try:
                self._pass(wish, ends or {}, progress)
            except HeadMoved:
                continue
            return progress.result()
        raise HeadMoved(f"Other programs were first {TRIES} times in a row.")

    def _pass(self, wish: Wish, ends: Mapping[str, date], progress: _Progress) -> None:
        number = self._next_number(progress)
        progress.left.clear()
        for batch in self._batches(wish, ends, progress):
            # A number that is taken tells that another program renewed since the strands were read.
            self._begin(number, batch)
            self._finish(number, progress)
            progress.done.update(one.place for one in batch.strands)
            progress.without += batch.without
            number += 1

    def _next_number(self, progress: _Progress) -> int:
        """The number of the next renewal, when the newest is finished."""
        newest = self._store.renewal(-1)
        if newest is None:
            return 0
        if newest.entry is None:
            self._finish(newest.number, progress)
        return newest.number + 1

    def _batches(
        self, wish: Wish, ends: Mapping[str, date], progress: _Progress
    ) -> Iterator[Batch]:
        chosen = self._chosen(wish, ends, progress)
        if wish.digest is None:
            return timestamp_batches(_watched(chosen, progress))
        digest = DIGESTS[wish.digest]
        leaves = TreeLeaves(self._store, digest, Renewals(self._store))
        return tree_batches(_known(chosen, leaves, progress), digest, leaves)

    def _chosen(
        self, wish: Wish, ends: Mapping[str, date], progress: _Progress
    ) -> Iterator[Standing]:
        now, asked = self._parts.clock.now(), bool(self._asked(independent=True))
        for one in self.standings(ends):
            if one.strand.place in progress.done:
                continue
            why = wish.left(one, now, independent_asked=asked)
            if why is not None:
                progress.left.append((one, why))
            elif wish.takes(one):
                yield one

    def _begin(self, number: int, batch: Batch) -> None:
        """Keep what is to be renewed. Raises HeadMoved where another program was first."""
        now = self._parts.clock.now()
        renewal = StoredRenewal(
            number, batch.kind, batch.digest, batch.independent, now, batch.leaves
        )
        self._store.add_renewal(renewal, batch.strands)

    def _finish(self, number: int, progress: _Progress) -> None:
        """Ask whom the renewal lacks, name its tokens in the chain, and close it."""
        self._ask(renewal_of(self._store, number), progress)
        for _ in range(TRIES):
            renewal = renewal_of(self._store, number)
            if renewal.entry is not None:
                progress.renewals.append(renewal)
                return
            if not renewal.tokens:
                raise progress.failures[-1]
            entry = self._announce(renewal)
            try:
                self._store.close_renewal(number, entry, len(renewal.tokens))
            except HeadMoved:
                continue
        raise HeadMoved(f"Other programs were first {TRIES} times in a row.")

    def _ask(self, renewal: StoredRenewal, progress: _Progress) -> None:
        slots = missing(
            self._asked(independent=renewal.independent), renewal.tokens, self._parts.rules
        )
        if not slots and not renewal.tokens:
            progress.failures.append(_nobody())
        root = tree_of(renewal).root
        question = fresh_question(root, slots, self._parts.entropy, renewal.digest)
        asking = Asking(question, self._parts.clock, self._parts.rules)
        answers = asking.ask(slots, renewal.tokens)
        progress.failures += answers.failures
        for answer in answers.kept:
            if renewal.independent and not answer.token.independent:
                progress.failures.append(_nobody())
                continue
            try:
                self._store.add_renewal_token(renewal.number, answer.token)
            except HeadMoved:
                return
        self._keep_supplements(renewal.number, [one.time.chain for one in answers.kept])

    def _keep_supplements(self, number: int, chains: Sequence[Chain]) -> None:
        found = list(captured(chains, self._parts.revocation))
        if found:
            self._store.add_renewal_supplements(number, found)

    def _asked(self, *, independent: bool) -> list[Slot]:
        """Whom a renewal asks: nobody on the ledger's clock renews an independent timestamp.

        Renewed so, it would lean on that clock for ever.
        """
        fitting = [slot for slot in self._slots if slot[0].independent is independent]
        return fitting if fitting or independent else list(self._slots)

    def _announce(self, renewal: StoredRenewal) -> int:
        """The index of the entry that names the tokens, by the first seal that is renewed.

        The same statement has the same entry.
        """
        seal = seal_of(self._store, renewal.number)
        if seal is None:
            raise LedgerCorrupt(f"Renewal {renewal.number} is of no seal.")
        signed = self._statements.of_renewal(seal, renewal.tokens)
        admission = admit(signed, self._parts.origin, seal=True)
        return self._ledger.append([admission])[0].index


def _watched(chosen: Iterable[Standing], progress: _Progress) -> Iterator[Standing]:
    """The same; those whose chains are nearly full are noted."""
    for one in chosen:
        if one.strand.history.room <= TIGHT:
            progress.tight.add(one.strand.place)
        yield one


def _known(
    chosen: Iterable[Standing], leaves: TreeLeaves, progress: _Progress
) -> Iterator[Standing]:
    """Those whose objects can be hashed; of a seal, the checkpoint always can be."""
    for one in chosen:
        place = one.strand.place
        if isinstance(place, FilePlace) and not leaves.knows(place):
            progress.left.append((one, Left.NO_DIGEST))
        else:
            yield one


def _nobody() -> AuthorityError:
    return AuthorityUnreachable(
        "No independent timestamp authority is set up, and only one can renew these timestamps.",
        hint="Add one with: evidence authority add",
    )
