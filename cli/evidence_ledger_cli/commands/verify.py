"""``evidence verify``"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.completeness import is_plain
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.exhibit import Exhibit, accusation_report
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.presented_file import PresentedFile, claimed_digests
from evidence_ledger.core.report import Report
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import online_check, options, place
from evidence_ledger_cli.input_file import open_regular
from evidence_ledger_cli.matter_check import verify_matter
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.presented_files import presented_files
from evidence_ledger_cli.report_view import show_report
from evidence_ledger_cli.safe_text import shell_word

_HEADINGS = {
    Exhibit.CERTIFICATE: "Certificate",
    Exhibit.COMPLETENESS: "Certificate",
    Exhibit.MISBEHAVIOUR: "Evidence against an operator",
}


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
@click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    metavar="VKEY",
    help="For evidence against an operator: the ledger's verifier key, in place of a policy.",
)
@online_check.online
@click.option(
    "--skip-special",
    is_flag=True,
    help="Leave out links, sockets, devices and pipes in the folders named as FILE.",
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
    vkeys: tuple[str, ...],
    online: bool,
    ledger: str | None,
    evidence_file: Path | None,
    skip_special: bool,
    at: datetime | None,
    explain: bool,
    home: Path | None,
    json: bool,
) -> int:
    """Check a certificate, alone or with its files; or evidence against a ledger's operator.

    Needs no network and no ledger: only the certificate, the files that you have, and a trust
    policy, which you got by another way than the certificate. With --online the ledger is asked
    too; if it shows another history than the one that it signed, the evidence is written.
    A completeness certificate is checked with the certificates of its entries in place of files,
    and with --log in place of --online; the evidence is written as well.

    Evidence against an operator answers 1 (FAILED) where it proves that the operator signed two
    histories, and 3 otherwise; it never answers 0.
    """
    with open_regular(certificate_file) as source:
        with input_errors(certificate_file):
            kind = Exhibit.of(source)
        kind.require_alone(beside=bool(files or online or ledger or evidence_file or log))
        kind.require_policy(vkeys)
        _require_online(ledger, evidence_file, log, kind, online=online)
        _require_no_address(files)
        trust = _trust(policy, home) if policy or not vkeys else None
        presented = partial(presented_files, files, skip_special=skip_special)
        with input_errors(certificate_file):
            report, found = _judged(
                source, kind, files, presented, trust, vkeys, at or SystemClock().now(), log
            )
            if online:
                report, found = online_check.asked(report, source, trust, ledger)
    online_check.keep_evidence(found, certificate_file, evidence_file)
    heading = f"{_HEADINGS[kind]} {certificate_file!s}"
    return show_report(report, json=json, explain=explain, heading=heading)


def _judged(
    source: BinaryIO,
    kind: Exhibit,
    files: tuple[str, ...],
    presented: Callable[[set[Algorithm]], list[PresentedFile]],
    trust: TrustPolicy | None,
    vkeys: tuple[str, ...],
    moment: datetime,
    log: str | None,
) -> tuple[Report, Misbehaviour | None]:
    """The report, and the evidence where the log convicts the operator."""
    if kind is Exhibit.MISBEHAVIOUR:
        return accusation_report(source, trust, vkeys), None
    if kind is Exhibit.COMPLETENESS:
        return verify_matter(source, files, trust, moment, log)
    if log is not None and is_plain(source):
        raise UsageError("--log goes with a completeness certificate.")
    found = presented(claimed_digests(source)) if files else []
    return verify_certificate(source, found, trust, moment), None


def _require_online(
    ledger: str | None, evidence: Path | None, log: str | None, kind: Exhibit, *, online: bool
) -> None:
    if (ledger and not online) or (evidence and not online and not log):
        raise UsageError("--ledger goes with --online, --evidence with --online or --log.")
    if online and kind is Exhibit.COMPLETENESS:
        raise UsageError(
            "--online goes with the certificate of an entry.",
            hint="A completeness certificate is checked against the public entries: --log",
        )


def _require_no_address(files: tuple[str, ...]) -> None:
    for one in files:
        if one.startswith(("http://", "https://")) and not Path(one).exists():
            raise UsageError(
                f"This is an address, not a file: {one[:200]}",
                hint="Name a ledger with --ledger URL, beside --online, or with --log URL.",
            )


def _is_there(own: Path) -> bool:
    """Whether there is a ledger's trust policy; a folder that can't be looked into holds none."""
    try:
        return own.is_file()
    except OSError:
        return False


def _trust(named: Path | None, home: Path | None) -> TrustPolicy | None:
    if named is not None:
        return read_trust(named)
    own = place.home_at(home).trust
    if _is_there(own):
        hint(f"To trust your own ledger, say: --policy {shell_word(str(own))}")
    else:
        hint("Without a trust policy nobody is trusted. Name one with --policy TRUST.toml")
    return None
