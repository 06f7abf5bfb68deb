"""``evidence record verify``"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.core import evidence_record
from evidence_ledger.core.record_coverage import RecordedObject, digests_needed
from evidence_ledger.core.record_verification import RecordTrust, verify_record
from evidence_ledger.errors import EvidenceError
from evidence_ledger_cli import options
from evidence_ledger_cli.digest_text import named_digest
from evidence_ledger_cli.input_file import read_capped
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.report_view import show_report
from evidence_ledger_cli.time_trust import TrustOptions, trust_options


@click.command("verify")
@click.argument("record", type=options.input_file(), metavar="RECORD")
@click.option("--data", multiple=True, metavar="FILE", help="A file that the record is over.")
@click.option(
    "--digest",
    multiple=True,
    metavar="NAME:HEX",
    help="Or its digest, such as sha256:HEX; more of one file with commas: sha256:HEX,sha512:HEX.",
)
@trust_options(roots_required=False)
@options.explain
@options.as_json
def command(
    record: Path,
    data: tuple[str, ...],
    digest: tuple[str, ...],
    trusted: TrustOptions,
    explain: bool,
    json: bool,
) -> int:
    """Check an RFC 4998 evidence record, renewed or not, whoever made it.

    Several files are a group that one record covers.
    """
    by_digest = [_given(text) for text in digest]
    raw = read_capped(record, evidence_record.LARGEST)
    objects = [*_hashed(data, _needed(raw)), *by_digest]
    report = verify_record(raw, objects, RecordTrust.of(trusted.trust()))
    return show_report(report, json=json, explain=explain, heading=f"Evidence record {record!s}")


def _needed(record: bytes) -> Sequence[str]:
    """The digests that the record asks for and this machine has; SHA-256 where it can't be read."""
    try:
        names = digests_needed(evidence_record.parse(record))
    except EvidenceError:
        return ("sha256",)
    return [name for name in names if name in hashlib.algorithms_available]


def _hashed(files: Iterable[str], names: Sequence[str]) -> list[RecordedObject]:
    with ScreenProgress() as progress:
        return [
            RecordedObject(
                file, {name: digest_file(file, name, progress=progress) for name in names}
            )
            for file in files
        ]


def _given(text: str) -> RecordedObject:
    """``NAME:HEX`` or several with commas, all of one file."""
    return RecordedObject(text[:80], dict(named_digest(part) for part in text.split(",")))
