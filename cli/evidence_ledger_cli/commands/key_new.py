"""``evidence key new``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.keys.key_files import save_signer
from evidence_ledger.adapters.keys.self_issued import generate_signer
from evidence_ledger_cli import key_view, options
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.password import new_password, password_file


@click.command("new")
@click.option("--name", required=True, help="The name in its X.509 certificate, as in a signature.")
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="FILE.pem",
    help="Where the key goes.",
)
@click.option(
    "--no-password", is_flag=True, help="Store the key readable for whoever has the file."
)
@password_file
@options.as_json
def command(
    name: str, out: Path, no_password: bool, password_file: Path | None, json: bool
) -> None:
    """Make a key with its own X.509 certificate.

    ECDSA P-256. Nobody vouches for it: those who check must trust the X.509 certificate itself.
    """
    require_free(out)
    password = new_password(password_file, none=no_password)
    signer = generate_signer(name, SystemClock())
    save_signer(signer, out, password)
    key_view.show_key(signer, out, json=json)
