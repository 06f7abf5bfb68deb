"""The check of fingerprints alone, against what the ledger itself holds.

1  each fingerprint is in the ledger
2  the certificate of the oldest entry that holds it passes the whole check of certificates

Names and other claims of the depositor are not told.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import MEANING, verify_certificate
from evidence_ledger.desk import fill
from evidence_ledger.errors import Refused, Undecided
from evidence_ledger.issuing.issuer import Issuer
from evidence_ledger.ports import Store
from evidence_ledger.stored import Found

_LOOK = "The ledger is asked which of its entries hold this fingerprint."
_CHECK = "The certificate of that entry is made and checked, as if you had presented it."


def check_fingerprints(
    store: Store,
    issuer: Issuer,
    files: Sequence[PresentedFile],
    policy: TrustPolicy,
    at: datetime,
) -> Report:
    """A report with two parts for each fingerprint. Raises what the Store raises."""
    recipe = Recipe("fingerprints")
    entries: list[int] = []
    for number, file in enumerate(files, 1):
        look = Task(f"{number}.1", f"Fingerprint {number}", "FIPS 180-4", _LOOK)
        found = recipe.step(look, lambda file=file: _found(store, file))  # type: ignore[misc]  # mypy sees no type of a default
        check = Task(
            f"{number}.2", f"Certificate {number}", "see the check of certificates", _CHECK
        )
        if found is None:
            recipe.skip(check)
            continue
        entries.append(found.index)
        recipe.run(check, lambda one=found, file=file: _proved(issuer, one, file, policy, at))  # type: ignore[misc]  # likewise
    recipe.facts |= {"entries": entries, "meaning": MEANING}
    return recipe.report()


def _found(store: Store, file: PresentedFile) -> tuple[Found, str]:
    (name, digest), *_ = file.fingerprint.digests.items()
    for one in store.find(digest, name.value):
        return one, f"Entry {one.index} holds it."
    raise Undecided("fingerprint.unknown", "No entry of this ledger holds this fingerprint.")


def _proved(
    issuer: Issuer, found: Found, file: PresentedFile, policy: TrustPolicy, at: datetime
) -> str:
    out = io.BytesIO()
    fill(out, issuer.issue(found.index, [found.position]))
    report = verify_certificate(out, [file], policy, at)
    worst = [step for step in report.steps if step.verdict is report.verdict]
    if report.verdict is Verdict.PASSED:
        return f"The certificate of entry {found.index} passes the whole check."
    kind = Refused if report.verdict is Verdict.FAILED else Undecided
    raise kind(worst[0].reason or "certificate", f"Step {worst[0].number}, {worst[0].name}.")
