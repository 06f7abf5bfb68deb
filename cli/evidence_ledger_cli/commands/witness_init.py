"""``evidence witness init``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import options, witness_place, witness_view
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line, shell_word


@click.command("init")
@click.option(
    "--name",
    required=True,
    metavar="NAME",
    help="How cosignatures call it, like an address without https://: witness.example/office.",
)
@witness_place.home
@options.as_json
def command(name: str, home: Path | None, json: bool) -> None:
    """Make a witness and its two keys.

    Everything is in one folder that only you can read. Hand the two verifier keys to whoever shall
    trust the witness; the private keys are never shown.
    """
    from evidence_ledger.witness_assembly import create_witness

    where = witness_place.home_at(home)
    vkeys = create_witness(where, name)
    if json:
        show_json({"name": name, "home": str(where.folder), "vkeys": list(vkeys)})
        return
    show(f"The witness {safe_line(name)} is ready in {safe_line(str(where.folder))}.")
    witness_view.tell_keys(vkeys)
    named = "" if home is None else f" --home {shell_word(str(home))}"
    hint(f"Both keys whole, to hand on: evidence witness status{named} --vkeys > witness-keys.txt")
    hint(f"Serve a ledger with: evidence witness add-log VKEY{named}")
    hint("Keep a copy of the keys: nobody can make them again.")
