"""``evidence policy export``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.policy_exchange import export_policy
from evidence_ledger_cli import options
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_name


@click.command("export")
@click.argument("policy", type=options.input_file(), metavar="trust.toml")
@click.option(
    "--out",
    type=options.output_file(),
    metavar="FILE.tlog-policy",
    help="Where it goes; else the policy's name beside it.",
)
@options.as_json
def command(policy: Path, out: Path | None, json: bool) -> None:
    """Make a C2SP tlog-policy from a trust policy.

    It holds the logs, witnesses and the quorum, for every tool that checks tlog-proofs. What such a
    file can't say is refused, never made weaker.
    """
    target = out or policy.with_suffix(".tlog-policy")
    require_free(target)
    found = export_policy(read_trust(policy))
    durable_file.write_new(target, found.encode())
    if json:
        show_json({"out": str(target), "logs": len(found.logs), "witnesses": len(found.witnesses)})
    else:
        show(f"The tlog-policy is in {safe_name(str(target))}")
