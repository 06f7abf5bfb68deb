"""``evidence witness add-log``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger_cli import options, witness_place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("add-log")
@click.argument("vkeys", nargs=-1, required=True, metavar="VKEY...")
@click.option(
    "--origin", metavar="ORIGIN", help="The log's origin, where it is not the name of its keys."
)
@click.option("--url", metavar="URL", help="Where the log is published, for your own records.")
@witness_place.home
@options.as_json
def command(
    vkeys: tuple[str, ...], origin: str | None, url: str | None, home: Path | None, json: bool
) -> None:
    """Cosign the checkpoints of one more log from now on.

    VKEY is a C2SP verifier key of the log, name+hash+key; a ledger has two. Of a log that is served
    already, further keys are taken too. A witness that is running needs no new start.
    """
    keys = [VerifierKey.parse(vkey) for vkey in vkeys]
    with witness_place.opened(home) as witness:
        log = witness.logs.add(keys, origin, url)
    if json:
        held = [key.encode() for key in log.keys]
        show_json({"origin": log.origin, "url": log.url, "vkeys": held})
        return
    number = len(log.keys)
    show(safe_line(f"{log.origin} is served with {number} key{'s' if number > 1 else ''}."))
