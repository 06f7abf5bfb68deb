"""``evidence attest``"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.trust_file import read_open_trust
from evidence_ledger.core.attestation import attestation_fields
from evidence_ledger.core.canonical import hex_bytes
from evidence_ledger.core.digest import Algorithm, Fingerprint, Hasher
from evidence_ledger.core.exhibit import Exhibit
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.presented_file import PresentedFile, claimed_digests
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import online_check, options, statement_entry
from evidence_ledger_cli.claim_fields import claim_fields
from evidence_ledger_cli.input_file import open_regular
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.presented_files import presented_files
from evidence_ledger_cli.report_view import EXIT_CODES, show_report
from evidence_ledger_cli.statement_entry import Desired, Leaf, Named, named_text

if TYPE_CHECKING:
    from evidence_ledger.core.statement import Reference
    from evidence_ledger.desk import Field

_PIECE = 1 << 20


@click.command("attest")
@click.argument("certificate_file", metavar="CERTIFICATE", type=options.input_file())
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option(
    "--policy",
    type=options.input_file(),
    required=True,
    metavar="TRUST.toml",
    help="Whom you trust: the certificate is checked under this policy.",
)
@click.option(
    "--although-indeterminate",
    is_flag=True,
    help="Attest even though the check could not decide everything; the attestation says so.",
)
@click.option(
    "--skip-special",
    is_flag=True,
    help="Leave out links, sockets, devices and pipes in the folders named as FILE.",
)
@online_check.online
@options.explain
@statement_entry.shared
def command(
    certificate_file: Path,
    files: tuple[str, ...],
    policy: Path,
    although_indeterminate: bool,
    skip_special: bool,
    online: bool,
    ledger: str | None,
    evidence_file: Path | None,
    explain: bool,
    cases: tuple[str, ...],
    claims: tuple[str, ...],
    note: str | None,
    out: Path | None,
    key: Path | None,
    server: str | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> int:
    """Check a certificate, with its files if you have them, and countersign it, as a notary.

    The check is that of evidence verify, under your own trust policy. What was checked and what was
    found becomes a signed statement about the certificate's entry, in the same ledger. A
    certificate whose check FAILED is never attested: answer 1, and nothing is entered; 3 where the
    check was INDETERMINATE. Interrupted, the same command again goes on with the same attestation.

    With --online the ledger is asked too, as evidence verify does: at --ledger, else where the
    trust policy says, else at --server. Its answer is part of what is attested.
    """
    if (ledger or evidence_file) and not online:
        raise UsageError("--ledger and --evidence go with --online.")
    fields = claim_fields(cases, claims)
    fields += [("attestation/note", note)] if note is not None else []
    given = partial(presented_files, files, skip_special=skip_special) if files else None
    ask = partial(online_check.asked, named=ledger, otherwise=server) if online else None
    report, found, checked = _checked(certificate_file, given, policy, ask)
    online_check.keep_evidence(found, certificate_file, evidence_file)
    if not json:
        heading = f"Certificate {certificate_file!s}"
        show_report(report, json=False, explain=explain, heading=heading)
    if not _stands(report, although_indeterminate=although_indeterminate):
        if json:
            show_json({"report": report.to_json(), "attestation": None})
        return EXIT_CODES[report.verdict]
    named = _entry_of(report)
    wanted = Desired("attestation", [*checked, *fields], named, key, password_file, out)
    document = statement_entry.enter(wanted, server, home)
    if json:
        show_json({"report": report.to_json(), "attestation": document})
    else:
        show()
        says = f"You have attested {named_text(document['about'])}: {report.verdict}."
        statement_entry.tell(document, says)
    return 0


def _checked(
    certificate: Path,
    given: Callable[[set[Algorithm]], list[PresentedFile]] | None,
    policy: Path,
    ask: Callable[[Report, BinaryIO, TrustPolicy], tuple[Report, Misbehaviour | None]] | None,
) -> tuple[Report, Misbehaviour | None, list[Field]]:
    """The report of the check, the evidence if the ledger was asked and contradicts, the claims."""
    with open_regular(policy) as file:
        trust, text = read_open_trust(file, policy)
    with open_regular(certificate) as source, input_errors(certificate):
        if Exhibit.of(source) is not Exhibit.CERTIFICATE:
            raise UsageError("What is attested is the certificate of one entry.")
        files = given(claimed_digests(source)) if given else []
        report, found = verify_certificate(source, files, trust, SystemClock().now()), None
        if ask is not None:
            report, found = ask(report, source, trust)
        print_ = _hashed(source)
    return report, found, _claims(report, print_, trust.name, text, len(files))


def _hashed(source: BinaryIO) -> Fingerprint:
    source.seek(0)
    hasher = Hasher()
    while piece := source.read(_PIECE):
        hasher.update(piece)
    return hasher.finish()


def _claims(
    report: Report, certificate: Fingerprint, name: str, policy: bytes, presented: int
) -> list[Field]:
    digest = hashlib.sha256(policy).digest()
    return attestation_fields(report, certificate, name, digest, presented)


def _stands(report: Report, *, although_indeterminate: bool) -> bool:
    if report.verdict is Verdict.FAILED:
        hint("Nothing was attested: a defect is proved.")
        return False
    if report.verdict is Verdict.PASSED:
        return True
    if not {"index", "entry_hash"} <= report.facts.keys():
        hint("Nothing was attested: which entry it is about could not be decided.")
        return False
    if not although_indeterminate:
        hint("Nothing was attested. To attest it all the same: --although-indeterminate")
    return although_indeterminate


def _entry_of(report: Report) -> Named:
    """The entry that was checked, in the ledger that it is of."""
    origin, index = report.facts["ledger"], report.facts["index"]
    leaf = hex_bytes(str(report.facts["entry_hash"]), 32, where="entry_hash")

    def named(ledger: str, _: Leaf) -> Sequence[Reference]:
        from evidence_ledger.core.statement import Reference

        if ledger != origin:
            raise UsageError(
                f"The certificate is of the ledger {str(origin)[:80]}, not of {ledger[:80]}: an "
                "attestation is entered into the ledger that it is about.",
                hint="Name the server of that ledger with --server URL.",
            )
        assert isinstance(index, int)  # noqa: S101 a fact of the report
        return [Reference(index, leaf)]

    return named
