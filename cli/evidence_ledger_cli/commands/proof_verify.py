"""``evidence proof verify``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.proof_verification import verify_proof
from evidence_ledger.core.tlog_policy import LARGEST_POLICY, TlogPolicy
from evidence_ledger.core.tlog_proof import LARGEST_PROOF
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import named, read_capped, read_whole
from evidence_ledger_cli.report_view import show_report

_LARGEST_LEAF = 64 * 1024 * 1024


@click.command("verify")
@click.argument("proof", type=options.input_file(), metavar="PROOF")
@click.option(
    "--leaf", type=options.input_file(), required=True, metavar="FILE", help="The log entry."
)
@click.option(
    "--policy",
    type=options.input_file(),
    required=True,
    metavar="FILE",
    help="A C2SP tlog-policy: whom you trust.",
)
@options.explain
@options.as_json
def command(proof: Path, leaf: Path, policy: Path, explain: bool, json: bool) -> int:
    """Check a C2SP tlog-proof against a tlog-policy."""
    text = read_whole(policy, LARGEST_POLICY)
    with named(policy):
        trust = TlogPolicy.parse(text)
    report = verify_proof(read_capped(proof, LARGEST_PROOF), read_whole(leaf, _LARGEST_LEAF), trust)
    return show_report(report, json=json, explain=explain, heading=f"Proof {proof!s}")
