"""``evidence verify``"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.completeness import is_complete_list
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.presented_file import PresentedFile, claimed_digests
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.matter_check import verify_matter
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.report_view import show_report
from evidence_ledger_cli.safe_text import safe_name


@click.command("verify")
@click.argument("certificate_file", metavar="CERTIFICATE", type=options.input_file())
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option(
    "--policy",
    type=options.input_file(),
    metavar="TRUST.toml",
    help="Whom you trust. Without it nobody vouches for anything: INDETERMINATE at best.",
)
@click.option(
    "--log",
    metavar="URL|FOLDER",
    help="For a completeness certificate: the ledger's public entries, to rebuild its roll.",
)
@options.at
@options.explain
@place.home
@options.as_json
def command(
    certificate_file: Path,
    files: tuple[str, ...],
    policy: Path | None,
    log: str | None,
    at: datetime | None,
    explain: bool,
    home: Path | None,
    json: bool,
) -> int:
    """Check a certificate, alone or with its files.

    Needs no network and no ledger: only the certificate, the files that you have, and a trust
    policy, which you got by another way than the certificate. A completeness certificate is checked
    with the certificates of its entries in place of files.
    """
    trust, moment = _trust(policy, home), at or SystemClock().now()
    with input_errors(certificate_file), certificate_file.open("rb") as source:
        if is_complete_list(source):
            report = verify_matter(source, files, trust, moment, log)
        elif log is not None:
            raise UsageError("--log goes with a completeness certificate.")
        else:
            presented = _presented(files, claimed_digests(source)) if files else []
            report = verify_certificate(source, presented, trust, moment)
    return show_report(
        report, json=json, explain=explain, heading=f"Certificate {certificate_file!s}"
    )


def _trust(named: Path | None, home: Path | None) -> TrustPolicy | None:
    if named is not None:
        return read_trust(named)
    own = place.home_at(home).trust
    if own.is_file():
        hint(f"To trust your own ledger, say: --policy {safe_name(str(own))}")
    else:
        hint("Without a trust policy nobody is trusted. Name one with --policy TRUST.toml")
    return None


def _presented(paths: Sequence[str], digests: set[Algorithm]) -> list[PresentedFile]:
    with ScreenProgress() as progress:
        hashed = hash_files(paths, digests, progress=progress)
        return [PresentedFile(one.name, one.fingerprint) for one in hashed]
