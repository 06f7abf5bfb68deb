"""The check of a completeness certificate: that its docket lists all entries of a matter.

It is the certificate of an entry of kind ``roll``, which takes the steps 1 to 12 of
``core.verification``, and then

13  Entries       every entry listed is under the checkpoint, in
                  order, and before the roll                        RFC 9162, section 2.1.3.2
14  Marks         each has the mark that the matter's key gives
                  for its place, and is on the roll with it         docs/format/completeness.md
15  End           the next mark is not on the roll                  docs/format/completeness.md
16  Roll          is what the ledger's public entries give, where
                  these are at hand, or the policy asks for it      docs/format/roll.md
17  Certificates  those presented are of all these entries, and of
                  no others, and each is right by itself            ETSI EN 319 102-1, 5.1.4

Nothing here reads a clock, a file by name or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import BinaryIO

from evidence_ledger.core import certificate
from evidence_ledger.core.completeness_case import CompletenessCase
from evidence_ledger.core.container import Container
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import follow
from evidence_ledger.errors import EvidenceError

SUBJECT = "completeness certificate"
MEANING = (
    "These are all entries that bear the marks of this matter, of those before the roll; "
    "not that everything which belongs to the matter was entered, or entered under these marks."
)
PAGE = "docs/format/completeness.md"

_STEPS: tuple[tuple[Task, Callable[[CompletenessCase], str], tuple[str, ...]], ...] = (
    (
        Task(
            "13",
            "Entries",
            "RFC 9162, 2.1.3.2",
            "Every entry that is listed is part of the ledger whose fingerprint the checkpoint "
            "states.",
        ),
        CompletenessCase.listed,
        ("6",),
    ),
    (
        Task(
            "14",
            "Marks",
            PAGE,
            "Each entry bears a mark that only this matter's key can give, with its number in the "
            "matter: none was slipped in, and none between them is missing.",
        ),
        CompletenessCase.marks,
        ("13",),
    ),
    (
        Task(
            "15",
            "End",
            PAGE,
            "The mark of a further entry is not among the marks of the ledger: there is none.",
        ),
        CompletenessCase.end,
        ("14",),
    ),
    (
        Task(
            "16",
            "Roll",
            "docs/format/roll.md",
            "The list of all marks was built again from the ledger's public entries, or the ledger "
            "is taken at its signed word.",
        ),
        CompletenessCase.roll,
        ("14",),
    ),
)
_CERTIFICATES = Task(
    "17",
    "Certificates",
    "ETSI EN 319 102-1, 5.1.4",
    "The certificates that you presented are those of all the entries listed, and no others.",
)


def is_complete_list(source: BinaryIO) -> bool:
    """Whether a container lists a docket. Whatever is wrong with it, its check says."""
    try:
        return certificate.DOCKET in Container(source).members
    except EvidenceError:
        return False


def is_plain(source: BinaryIO) -> bool:
    """Whether it is a certificate, as far as it can be read, and has no docket."""
    try:
        certificate.parse(Container(source))
    except EvidenceError:
        return False
    return not is_complete_list(source)


def verify_completeness(
    source: BinaryIO,
    certificates: Sequence[PresentedCertificate],
    policy: TrustPolicy | None,
    at: datetime,
    log: TileSource | None = None,
) -> Report:
    """Check the completeness certificate in ``source`` (seekable) as of ``at`` (aware UTC).

    ``certificates`` are those laid beside it; ``log`` is where the ledger's public entries are, to
    rebuild the roll. Without ``policy`` nobody is trusted. Never raises for anything that is read:
    what is wrong is in the report.
    """
    return check_completeness(source, certificates, policy, at, log)[0]


def check_completeness(
    source: BinaryIO,
    certificates: Sequence[PresentedCertificate],
    policy: TrustPolicy | None,
    at: datetime,
    log: TileSource | None,
) -> tuple[Report, Misbehaviour | None]:
    """The same, and the evidence where ``log`` shows that the operator signed two histories."""
    case = CompletenessCase(source, certificates, policy, at, log)
    recipe = Recipe(SUBJECT)
    follow(recipe, case)
    for task, check, needs in _STEPS:
        recipe.run(task, partial(check, case), needs)
    if recipe.passed(("14",)):
        for place, (name, check_one) in enumerate(case.certificate_checks(), 1):
            task = Task(f"17.{place}", f"Certificate {name}", _CERTIFICATES.clause)
            recipe.run(task, check_one)
    recipe.run(_CERTIFICATES, case.certificates, ("14",))
    recipe.facts |= case.facts() | {"meaning": MEANING}
    if log is not None:
        recipe.facts["two_histories"] = case.evidence is not None
    return recipe.report(), case.evidence
