"""``evidence key show``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.keys.key_files import open_signer, read_key_file
from evidence_ledger.adapters.keys.locked_key import public_half
from evidence_ledger.adapters.keys.note_signer import open_note_signer
from evidence_ledger_cli import key_view, options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.password import opened, password_file
from evidence_ledger_cli.safe_text import safe_line

_NOTE_KEY = b"PRIVATE+KEY+"


@click.command("show")
@click.argument("file", type=options.input_file(), required=False, metavar="[FILE]")
@password_file
@place.home
@options.as_json
def command(file: Path | None, password_file: Path | None, home: Path | None, json: bool) -> None:
    """What a key and its X.509 certificate are.

    Without FILE, the depositor's key of your ledger. The private key is never shown. A key behind a
    password stays locked where its X.509 certificate can be read without, and is not compared with
    that; name --password-file to have that done too. FILE may be the X.509 certificate alone. Of a
    key in a token, what was found when it was imported; the token need not be there.
    """
    path = file or place.home_at(home).depositor
    if not read_key_file(path).startswith(_NOTE_KEY):
        half = public_half(path) if password_file is None else None
        key = half or opened(lambda word: open_signer(path, word), password_file)
        key_view.show_key(key, path, json=json)
        return
    vkey = open_note_signer(path).vkey
    if json:
        show_json({"file": str(path), "vkey": vkey})
    else:
        show(f"vkey   {safe_line(vkey)}")
