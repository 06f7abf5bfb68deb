"""``evidence key import``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.keys.key_files import FileSigner, open_signer, save_signer
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import key_token, key_view, options
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.password import new_password, opened, password_file


@click.command("import")
@click.argument("file", type=options.input_file(), required=False, metavar="[FILE]")
@key_token.choosing
@click.option(
    "--certificates",
    type=options.input_file(),
    metavar="PEM",
    help="The key's X.509 certificates, where they are not in the same file or in the token.",
)
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="FILE.pem",
    help="Where the key goes, or, of a key in a token, what says where it is.",
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
    file: Path | None,
    module: Path | None,
    token: str | None,
    label: str | None,
    key_id: str | None,
    pss: bool,
    certificates: Path | None,
    out: Path,
    no_password: bool,
    new_password_file: Path | None,
    password_file: Path | None,
    json: bool,
) -> None:
    """Take a key and X.509 certificate from PEM or PKCS#12, or find them in a PKCS#11 token.

    The stored key is a PEM file that only you can read.

    With --pkcs11 instead of FILE the key stays in its token, a smart card or an HSM, and --out says
    where it is: name that file wherever a key is named. The PIN is not stored. It is taken from
    --password-file or from EVIDENCE_PIN, or typed, here or at the reader.
    """
    wanted = key_token.TokenKey(module, token, label, key_id, pss)
    password = no_password or new_password_file is not None
    if module is not None and (file is not None or password):
        raise UsageError("With --pkcs11 no key is read and none is stored: leave out the rest.")
    require_free(out)
    signer: FileSigner
    if module is not None:
        signer = key_token.find(wanted, module, certificates, password_file)
    else:
        signer = _read(wanted, file, certificates, password_file)
    is_stored = not isinstance(signer, Pkcs11Signer)
    word = new_password(new_password_file, none=no_password) if is_stored else None
    save_signer(signer, out, word)
    key_view.show_key(signer, out, json=json)


def _read(
    wanted: key_token.TokenKey,
    file: Path | None,
    certificates: Path | None,
    password_file: Path | None,
) -> FileSigner:
    wanted.require_none()
    if file is None:
        raise UsageError("There is no key to import.", hint="Name a FILE, or --pkcs11 MODULE.")
    return opened(lambda word: open_signer(file, word, certificates=certificates), password_file)
