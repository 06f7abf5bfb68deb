"""``evidence timestamp request``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger_cli import options
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.safe_text import safe_name

_NONCE_SIZE = 8


@click.command("request")
@click.argument("file", metavar="FILE")
@click.option("--authority", required=True, metavar="URL", help="The authority's address.")
@click.option(
    "--digest", type=click.Choice(list(DIGESTS)), default="sha256", show_default=True,
    help="By which digest the authority sees the file.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="T.tsr",
    help="Where the response goes.",
)
@options.as_json
def command(file: str, authority: str, digest: str, out: Path, json: bool) -> None:
    """Ask an RFC 3161 authority for a timestamp of a file.

    Only the digest leaves this machine. The response is stored when it answers this request; whom
    to trust is for `evidence timestamp verify`.
    """
