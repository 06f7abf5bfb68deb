"""The check of a certificate: offline, from the certificate, the files and a trust policy alone.

 1  Container    one readable container, nothing hidden in it      ETSI EN 319 162-1, clause 4.4
 2  Statement    in its one canonical form                         RFC 8785
 3  Signature    CAdES-B-B over the statement, bound to the
                 X.509 certificate that the statement names        ETSI EN 319 122-1, clause 6
 4  Claims       every claim shown is under the statement's root   RFC 9162, section 2.1.3
 5  Entry        holds the statement's and the signature's hashes  RFC 8785
 6  Inclusion    the entry is under the checkpoint's root          RFC 9162, section 2.1.3.2
 7  Checkpoint   signed by the ledger that the policy names        C2SP tlog-checkpoint
 8  Witnesses    as many cosignatures as the policy asks for       C2SP tlog-cosignature
 9  Time         evidence records from checkpoint, statement and
                 signature to tokens of trusted authorities;
                 the earlier seal that the statement leans on      RFC 4998, 4.3; RFC 3161, 2.4.2
10  Signer       the X.509 certificate is trusted, valid when the
                 signature is proved to have existed               RFC 5280, section 6
11  Files        every file presented has a claimed fingerprint;
                 records over files lead to the same tokens;
                 timestamps over files themselves are right        FIPS 180-4; RFC 4998, 4.3
12  Policy       the digests and algorithms that the policy asks
                 for                                               ETSI EN 319 102-1, clause 5.1.4

Each step is PASSED, INDETERMINATE or FAILED; the whole is the worst of them (ETSI EN 319 102-1,
clause 5.1.3). Nothing here reads a clock, a file by name or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO

from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification_case import Case

SUBJECT = "certificate"
MEANING = (
    "The ledger proves that these bytes existed at a time and have not changed since; "
    "not who made them, nor that what they say is true."
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: what it is called, what it does, and the steps that it can't do without."""

    task: Task
    check: Callable[[Case], str]
    needs: tuple[str, ...] = ()


RECIPE = (
    Instruction(
        Task(
            "1",
            "Container",
            "ETSI EN 319 162-1, 4.4",
            "The certificate is one file that holds all proofs. It can be read whole, nothing "
            "in it is damaged, and nothing pretends to be something else.",
        ),
        Case.container,
        (),
    ),
    Instruction(
        Task(
            "2",
            "Statement",
            "RFC 8785",
            "The statement says what was deposited, where and by whom. There is exactly one "
            "way to write it down, so that not a single character can be changed unnoticed.",
        ),
        Case.statement,
        ("1",),
    ),
    Instruction(
        Task(
            "3",
            "Signature",
            "ETSI EN 319 122-1, 6",
            "The depositor signed the statement. Whoever holds the private key made this "
            "signature, and it fits no other statement.",
        ),
        Case.signature,
        ("2",),
    ),
    Instruction(
        Task(
            "4",
            "Claims",
            "RFC 9162, 2.1.3",
            "The fingerprints and facts shown are those that the statement was signed over. "
            "Facts that are not shown stay hidden and prove nothing.",
        ),
        Case.claims,
        ("2",),
    ),
    Instruction(
        Task(
            "5",
            "Entry",
            "RFC 8785",
            "The ledger's entry names the statement and the signature by their fingerprints.",
        ),
        Case.entry,
        ("2",),
    ),
    Instruction(
        Task(
            "6",
            "Inclusion",
            "RFC 9162, 2.1.3.2",
            "The entry is part of the ledger whose fingerprint the checkpoint states. To take "
            "it out or change it would change that fingerprint.",
        ),
        Case.inclusion,
        ("5",),
    ),
    Instruction(
        Task(
            "7",
            "Checkpoint",
            "C2SP tlog-checkpoint",
            "The ledger signed the fingerprint of all its entries with a key that you trust.",
        ),
        Case.checkpoint,
        ("6",),
    ),
    Instruction(
        Task(
            "8",
            "Witnesses",
            "C2SP tlog-cosignature",
            "Independent witnesses have seen the same checkpoint, so that the ledger can't "
            "show different people different histories.",
        ),
        Case.witnesses,
        ("6",),
    ),
    Instruction(
        Task(
            "9",
            "Time",
            "RFC 3161, 2.4.2",
            "As many timestamp authorities vouch for the time as your trust policy asks for.",
        ),
        Case.time,
        ("3", "6"),
    ),
    Instruction(
        Task(
            "10",
            "Signer",
            "RFC 5280, 6",
            "The signer's X.509 certificate is one that you trust, and it was valid.",
        ),
        Case.signer,
        ("3",),
    ),
    Instruction(
        Task(
            "11",
            "Files",
            "FIPS 180-4; RFC 4998, 4.3",
            "The files that you presented are, bit for bit, those that were deposited.",
        ),
        Case.files,
        ("4",),
    ),
    Instruction(
        Task(
            "12",
            "Policy",
            "ETSI EN 319 102-1, 5.1.4",
            "The methods used are among those that your trust policy accepts.",
        ),
        Case.policy_rules,
        ("3", "4"),
    ),
)


def verify_certificate(
    source: BinaryIO,
    files: Sequence[PresentedFile],
    policy: TrustPolicy | None,
    at: datetime,
) -> Report:
    """Check the certificate in ``source`` (seekable, stays the caller's) as of ``at`` (aware UTC).

    ``files`` are those laid beside it. Without ``policy`` nobody is trusted. Never raises for
    anything that the certificate holds: what is wrong is in the report.
    """
    case = Case(source, tuple(files), policy, at)
    recipe = Recipe(SUBJECT)
    follow(recipe, case)
    recipe.facts |= case.facts() | {"meaning": MEANING}
    return recipe.report()


def follow(recipe: Recipe, case: Case) -> None:
    """Take all steps of RECIPE."""
    for one in RECIPE:
        if one.check is Case.time and recipe.passed("1"):
            _check_tokens(recipe, case)
        if one.check is Case.files and recipe.passed(("1", "4")):
            _check_direct(recipe, case)
        recipe.run(one.task, partial(one.check, case), one.needs)


def _check_tokens(recipe: Recipe, case: Case) -> None:
    """Steps 9.1, 9.2, …: one for each token that the evidence records lead to, and a last one
    for the earlier seal, if there is one.
    """
    place = 0
    for place, (authority, check) in enumerate(case.time_checks(), 1):
        task = Task(
            f"9.{place}",
            f"Time by {authority}",
            "RFC 4998, 4.3; RFC 3161, 2.4.2",
            "A timestamp authority signed, at a time, a value that covers this deposit.",
        )
        recipe.run(task, check)
    if case.has_bracket():
        recipe.run(
            Task(
                f"9.{place + 1}",
                "Not earlier than",
                "RFC 9162, 2.1.3.2; RFC 3161, 2.4.2",
                "The statement names a state of the ledger which holds timestamps of its own, and "
                "so was signed after those.",
            ),
            case.bracket,
            ["2"],
        )


def _check_direct(recipe: Recipe, case: Case) -> None:
    """Steps 11.1, 11.2, …: one for each timestamp over a file itself."""
    for place, (name, check) in enumerate(case.direct_checks(), 1):
        task = Task(
            f"11.{place}",
            f"Time of {name}",
            "RFC 3161, 2.4.2",
            "A timestamp authority signed, at a time, the digest of the file itself.",
        )
        recipe.run(task, check)
