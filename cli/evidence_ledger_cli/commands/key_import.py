"""``evidence key import``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.keys.key_files import open_signer, save_signer
from evidence_ledger_cli import key_view, options
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.password import new_password, password_file, with_password


@click.command("import")
@click.argument("file", type=options.input_file(), metavar="FILE")
@click.option(
    "--certificates",
    type=options.input_file(),
    metavar="PEM",
    help="The key's X.509 certificates, where they are not in the same file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.pem",
    help="Where the key goes.",
)
@click.option(
    "--no-password", is_flag=True, help="Store the key readable for whoever has the file."
)
@click.option(
    "--new-password-file",
    type=options.input_file(),
    metavar="FILE",
    help="A file whose first line is the password of the stored key; else it is asked for.",
)
@password_file
@options.as_json
def command(
    file: Path,
    certificates: Path | None,
    out: Path,
    no_password: bool,
    new_password_file: Path | None,
    password_file: Path | None,
    json: bool,
) -> None:
    """Take a key and X.509 certificate from PEM or PKCS#12.

    The stored key is a PEM file that only you can read.
    """
    require_free(out)
    signer = with_password(
        lambda word: open_signer(file, word, certificates=certificates), password_file
    )
    save_signer(signer, out, new_password(new_password_file, none=no_password))
    key_view.show_signer(signer, out, json=json)
