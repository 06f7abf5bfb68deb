"""``evidence audit``"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.adapters.database import is_address, parse_address
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.report_view import show_report

if TYPE_CHECKING:
    from evidence_ledger.core.report import Report
    from evidence_ledger.core.verifier_key import VerifierKey

_WEB = ("http://", "https://")


@click.command("audit")
@click.option(
    "--ledger",
    metavar="URL|FOLDER",
    help="A ledger's folder, the address where one publishes its tiles, or that of a PostgreSQL"
    " database with your own ledger (a replica, a copy); else your own.",
)
@click.option(
    "--policy",
    type=options.input_file(),
    metavar="TRUST.toml",
    help="For an address: the trust policy that names the ledger's keys.",
)
@click.option(
    "--no-signatures",
    is_flag=True,
    help="Leave out the statements' signatures: faster, and INDETERMINATE at best.",
)
@options.explain
@place.home
@options.as_json
def command(
    ledger: str | None,
    policy: Path | None,
    no_signatures: bool,
    explain: bool,
    home: Path | None,
    json: bool,
) -> int:
    """Check the whole ledger.

    Everything stored is read and hashed again: entries, claims, tiles, seals, timestamps. Of a
    ledger at an address, what it publishes: entries, tiles and the signed checkpoint.
    """
    if ledger is not None and ledger.lower().startswith(_WEB):
        report = _published(ledger, policy or place.home_at(home).trust)
    elif ledger is not None and is_address(ledger):
        report = _stored(home, ledger, signatures=not no_signatures)
    else:
        report = _stored(Path(ledger) if ledger else home, signatures=not no_signatures)
    return show_report(report, json=json, explain=explain, heading=f"Audit of {report.subject}")


def _stored(folder: Path | None, address: str | None = None, *, signatures: bool) -> Report:
    database = None if address is None else parse_address(address)
    with place.opened(folder, database=database, read_only=True) as ledger:
        return ledger.audit(signatures=signatures, processes=min(2, os.cpu_count() or 1))


def _published(url: str, policy: Path) -> Report:
    from evidence_ledger.adapters.log_source import HttpSource

    with HttpSource(url) as source:
        origin = source.checkpoint().partition(b"\n")[0].decode("utf-8", "replace")
        return audit_log(source, _keys(origin, policy))


def _keys(origin: str, policy: Path) -> tuple[VerifierKey, ...]:
    for log in read_trust(policy).logs:
        if log.keys and log.keys[0].name == origin:
            return log.keys
    raise UsageError(
        f"The trust policy names no keys of the ledger {origin[:200]!r}.", where=str(policy)
    )
