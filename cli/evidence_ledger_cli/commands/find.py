"""``evidence find``"""

from __future__ import annotations

import os
from pathlib import Path
from string import hexdigits

import click

from evidence_ledger.adapters.files.reading import fingerprint_file
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm, parse_digest
from evidence_ledger.errors import FormatError, NoSuchEntry, NotARegularFile
from evidence_ledger_cli import options, place
from evidence_ledger_cli.entry_view import received
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.progress import ScreenProgress


@click.command("find")
@click.argument("wanted", metavar="FILE|DIGEST")
@place.home
@options.as_json
def command(wanted: str, home: Path | None, json: bool) -> None:
    """Which entries hold a file or a digest.

    A digest is written sha256:HEX, sm3:HEX, sha512:HEX or sha3_256:HEX; bare HEX is SHA-256. What
    is the name of a file that is there is taken as that file.
    """
    algorithm, digest = _digest(wanted)
    with place.opened(home, read_only=True) as ledger:
        found = ledger.ledger.find(algorithm.value, digest)
        entries = [
            {
                "index": one.index,
                "claim": f"file/{one.position}",
                "received": received(ledger.ledger.entry(one.index).entry),
            }
            for one in found
        ]
    if not entries:
        raise NoSuchEntry("No entry holds this fingerprint.")
    if json:
        show_json({"digest": f"{algorithm.value}:{digest.hex()}", "entries": entries})
        return
    for entry in entries:
        show(f"entry {entry['index']:>8}   {entry['claim']:<12} received {entry['received']}")


def _digest(wanted: str) -> tuple[Algorithm, bytes]:
    if not os.path.lexists(wanted) and (":" in wanted or _is_hex(wanted)):
        return _parsed(wanted)
    try:
        with ScreenProgress() as progress:
            return Algorithm.SHA256, fingerprint_file(wanted, progress=progress).sha256
    except NotARegularFile as error:
        error.hint = "Name one file, not a folder or a link."
        raise


def _parsed(text: str) -> tuple[Algorithm, bytes]:
    try:
        return parse_digest(text)
    except FormatError as error:
        error.hint = error.hint or "A digest is written sha256:HEX, all its digits in lower case."
        raise


def _is_hex(text: str) -> bool:
    return len(text) == 2 * DIGEST_SIZE[Algorithm.SHA256] and set(text) <= set(hexdigits)
