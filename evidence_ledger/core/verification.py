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
                 signature to tokens of trusted authorities        RFC 4998, 4.3; RFC 3161, 2.4.2
10  Signer       the X.509 certificate is trusted, valid when the
                 signature is proved to have existed               RFC 5280, section 6
11  Files        every file presented has a claimed fingerprint    FIPS 180-4
12  Policy       the digests and algorithms that the policy asks
                 for                                               ETSI EN 319 102-1, clause 5.1.4

Each step is PASSED, INDETERMINATE or FAILED; the whole is the worst of them (ETSI EN 319 102-1,
clause 5.1.3). Nothing here reads a clock, a file by name or a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.report import Recipe, Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification_case import Case

SUBJECT = "certificate"
MEANING = (
    "The ledger proves that these bytes existed at a time and have not changed since; "
    "not who made them, nor that what they say is true."
)


def verify_certificate(
    source: BinaryIO,
    files: Sequence[PresentedFile],
    policy: TrustPolicy | None,
    at: datetime,
) -> Report:
    """Check the certificate in ``source`` (seekable, stays the caller's) as of ``at``.

    ``files`` are those laid beside it. Never raises for anything that the certificate holds:
    what is wrong is in the report.
    """
    case = Case(source, tuple(files), policy, at)
    recipe = Recipe()
    recipe.run(
        "1",
        "Container",
        case.container,
        clause="ETSI EN 319 162-1, 4.4",
        explain="The certificate is one file that holds all proofs. It can be read whole, nothing "
        "in it is damaged, and nothing pretends to be something else.",
    )
    recipe.run(
        "2",
        "Statement",
        case.statement,
        needs=["1"],
        clause="RFC 8785",
        explain="The statement says what was deposited, where and by whom. There is exactly one "
        "way to write it down, so that not a single character can be changed unnoticed.",
    )
    recipe.run(
        "3",
        "Signature",
        case.signature,
        needs=["2"],
        clause="ETSI EN 319 122-1, 6",
        explain="The depositor signed the statement. Whoever holds the private key made this "
        "signature, and it fits no other statement.",
    )
    recipe.run(
        "4",
        "Claims",
        case.claims,
        needs=["2"],
        clause="RFC 9162, 2.1.3",
        explain="The fingerprints and facts shown are those that the statement was signed over. "
        "Facts that are not shown stay hidden and prove nothing.",
    )
    recipe.run(
        "5",
        "Entry",
        case.entry,
        needs=["2"],
        clause="RFC 8785",
        explain="The ledger's entry names the statement and the signature by their fingerprints.",
    )
    recipe.run(
        "6",
        "Inclusion",
        case.inclusion,
        needs=["5"],
        clause="RFC 9162, 2.1.3.2",
        explain="The entry is part of the ledger whose fingerprint the checkpoint states. To take "
        "it out or change it would change that fingerprint.",
    )
    recipe.run(
        "7",
        "Checkpoint",
        case.checkpoint,
        needs=["6"],
        clause="C2SP tlog-checkpoint",
        explain="The ledger signed the fingerprint of all its entries with a key that you trust.",
    )
    recipe.run(
        "8",
        "Witnesses",
        case.witnesses,
        needs=["6"],
        clause="C2SP tlog-cosignature",
        explain="Independent witnesses have seen the same checkpoint, so that the ledger can't "
        "show different people different histories.",
    )
    for number, authority, check in case.time_checks():
        recipe.run(
            number,
            f"Time by {authority}",
            check,
            needs=["1"],
            clause="RFC 4998, 4.3; RFC 3161, 2.4.2",
            explain="A timestamp authority signed, at a time, a value that covers this deposit.",
        )
    recipe.run(
        "9",
        "Time",
        case.time,
        needs=["3", "6"],
        clause="RFC 3161, 2.4.2",
        explain="As many timestamp authorities vouch for the time as your trust policy asks for.",
    )
    recipe.run(
        "10",
        "Signer",
        case.signer,
        needs=["3"],
        clause="RFC 5280, 6",
        explain="The signer's X.509 certificate is one that you trust, and it was valid.",
    )
    recipe.run(
        "11",
        "Files",
        case.files,
        needs=["4"],
        clause="FIPS 180-4",
        explain="The files that you presented are, bit for bit, those that were deposited.",
    )
    recipe.run(
        "12",
        "Policy",
        case.policy_rules,
        needs=["3", "4"],
        clause="ETSI EN 319 102-1, 5.1.4",
        explain="The methods used are among those that your trust policy accepts.",
    )
    return Report(SUBJECT, recipe.steps, case.facts() | {"meaning": MEANING})
