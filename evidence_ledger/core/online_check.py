"""Whether a ledger still stands by a checkpoint that somebody holds: step 13 of a check.

The ledger is asked for its newest checkpoint and for as many tiles as it takes to rebuild the root
that was held. FAILED is for two histories alone; a ledger that does not answer, or shows an older
state, decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.counting import counted
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.served_tree import read_signed, with_tree
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, Refused, Undecided

TASK = Task(
    "13",
    "Ledger today",
    "RFC 9162, 2.1.4; C2SP tlog-tiles",
    "The ledger as it is served today must begin with all that the certificate's checkpoint "
    "covers. Where it does not, its operator has signed two histories.",
)
_NEEDED = {"6", "7"}


@dataclass(frozen=True, slots=True)
class Followed:
    """What the ledger was found to be: ``found`` where it contradicts, else it continues."""

    says: str
    found: Misbehaviour | None = None


def follow(held: Held, source: TileSource, keys: Sequence[VerifierKey]) -> Followed:
    """Ask a ledger for consistency with a checkpoint whose signature has been checked.

    Raises LogUnreachable, and Undecided, also for what is malformed or wrongly signed there: that
    is no defect of what was held.
    """
    try:
        now, doubt = read_signed(source, held.checkpoint.origin, keys)
        found = between(held, now)
        if found is None and held.checkpoint.size != now.checkpoint.size:
            found = against(held, now, with_tree(source, now).tree)
        if found is None and doubt is not None:
            raise doubt
    except (FormatError, Refused) as error:
        raise Undecided(error.reason, f"What the ledger serves is wrong: {error}") from error
    return _judged(held, now, found, keys)


def _judged(
    held: Held, now: Held, found: Misbehaviour | None, keys: Sequence[VerifierKey]
) -> Followed:
    size, today = held.checkpoint.size, now.checkpoint.size
    if found is not None:
        # Nobody is accused of what a third party would not find proved.
        if verify_misbehaviour(found.encode(), keys).verdict is not Verdict.FAILED:
            raise Undecided("online.root", "What the ledger serves contradicts itself.")
        return Followed(f"The operator signed two histories, of {size} and {today} entries.", found)
    if now.checkpoint == held.checkpoint:
        return Followed(
            f"The ledger still shows this state of {counted(today, 'entry', 'entries')}."
        )
    if today < size:
        raise Undecided(
            "online.behind",
            f"The ledger shows {counted(today, 'entry', 'entries')}, fewer than the {size} that it "
            "has signed.",
            hint="An old copy may have answered. Ask again later; if it stays so, tell others.",
        )
    begins = "this one" if size == 1 else f"these {size:,}"
    return Followed(f"The ledger has {today:,} entries now, and begins with {begins}.")


def check_online(
    report: Report, certificate: BinaryIO, source: TileSource, policy: TrustPolicy | None
) -> tuple[Report, Misbehaviour | None]:
    """The report of a certificate's check with one more step, and the evidence where that FAILED.

    Raises nothing of its own.
    """
    recipe = Recipe(report.subject)
    evidence: list[Misbehaviour] = []

    def ask() -> str:
        held = Held.of_certificate(certificate)
        answer = follow(held, source, policy_keys(policy, held.checkpoint.origin))
        if answer.found is not None:
            evidence.append(answer.found)
            raise Refused("ledger.two-histories", answer.says)
        return answer.says

    passed = {one.number for one in report.steps if one.verdict is Verdict.PASSED}
    if passed >= _NEEDED:
        recipe.run(TASK, ask)
    else:
        recipe.skip(TASK)
    steps = (*report.steps, *recipe.report().steps)
    facts = dict(report.facts) | {"two_histories": bool(evidence)}
    return Report(report.subject, steps, facts), evidence[0] if evidence else None


def policy_keys(policy: TrustPolicy | None, origin: str) -> list[VerifierKey]:
    """The keys that a policy names for a ledger."""
    logs = policy.logs if policy else ()
    return [key for log in logs for key in log.keys if key.name == origin]
