"""``evidence policy import``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters import durable_file
from evidence_ledger.core.policy_exchange import import_policy
from evidence_ledger.core.policy_text import policy_text
from evidence_ledger.core.tlog_policy import LARGEST_POLICY, TlogPolicy
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import named, read_whole
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_name


@click.command("import")
@click.argument("policy", type=options.input_file(), metavar="FILE.tlog-policy")
@click.option("--name", help="What reports call the trust policy; else the file's name.")
@click.option(
    "--out",
    type=options.output_file(),
    default=Path("trust.toml"),
    show_default=True,
    metavar="FILE",
    help="Where it goes.",
)
@options.as_json
def command(policy: Path, name: str | None, out: Path, json: bool) -> None:
    """Make a trust policy from a C2SP tlog-policy.

    It holds the logs, witnesses and the quorum. Whom you trust for the time and as signers is yours
    to add.
    """
    require_free(out)
    text = read_whole(policy, LARGEST_POLICY)
    with named(policy):
        found = TlogPolicy.parse(text)
    durable_file.write_new(out, policy_text(import_policy(found, name or policy.stem)).encode())
    if json:
        show_json({"out": str(out), "logs": len(found.logs), "witnesses": len(found.witnesses)})
        return
    show(f"The trust policy is in {safe_name(str(out))}")
    hint("It names no timestamp authority and no signer yet.")
