"""``evidence log audit``"""

from __future__ import annotations

import click

from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger_cli import options
from evidence_ledger_cli.log_place import log_source
from evidence_ledger_cli.report_view import show_report


@click.command("audit")
@click.argument("log", metavar="URL|FOLDER")
@click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    required=True,
    metavar="VKEY",
    help="The log's C2SP verifier key, name+hash+key; again for each further key.",
)
@options.explain
@options.as_json
def command(log: str, vkeys: tuple[str, ...], explain: bool, json: bool) -> int:
    """Rebuild a C2SP tiled log and compare.

    Reads every entry and every tile that the log publishes.
    """
    keys = [VerifierKey.parse(vkey) for vkey in vkeys]
    with log_source(log) as source:
        report = audit_log(source, keys)
    return show_report(report, json=json, explain=explain, heading=f"Log {log}")
