"""``evidence timestamp request``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.adapters.http_address import require_address
from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.adapters.timestamping.request import make_request
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.errors import AuthorityRefused, EvidenceError
from evidence_ledger_cli import options
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.safe_text import safe_name, shell_word

_NONCE_SIZE = 8


@click.command("request")
@click.argument("file", metavar="FILE")
@click.option("--authority", required=True, metavar="URL", help="The authority's address.")
@click.option(
    "--digest",
    type=click.Choice(list(DIGESTS)),
    default="sha256",
    show_default=True,
    help="By which digest the authority sees the file.",
)
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="T.tsr",
    help="Where the response goes.",
)
@options.as_json
def command(file: str, authority: str, digest: str, out: Path, json: bool) -> None:
    """Ask an RFC 3161 authority for a timestamp of a file.

    Only the digest leaves this machine. The response is stored when it answers this request; whom
    to trust is for `evidence timestamp verify`.
    """
    require_address(authority)
    require_free(out)
    with ScreenProgress() as progress:
        value = digest_file(file, digest, progress=progress)
    nonce = int.from_bytes(SystemEntropy().take(_NONCE_SIZE), "big") >> 1
    response = HttpAuthority("The authority", authority).send(make_request(digest, value, nonce))
    _require_answer(response, digest, value, nonce)
    write_new(out, response)
    facts = {
        "response": str(out),
        "digest": f"{digest}:{value.hex()}",
        "nonce": str(nonce),
        "claimed_time": time_text(read_token(response).info.moment, microseconds=True),
    }
    if json:
        show_json(facts)
        return
    show(f"The response is in {safe_name(str(out))}; it claims the time {facts['claimed_time']}.")
    hint(
        f"Check it with: evidence timestamp verify {shell_word(str(out))} "
        f"--data {shell_word(file)} --roots ROOTS.pem --nonce {nonce}"
    )


def _require_answer(response: bytes, name: str, digest: bytes, nonce: int) -> None:
    """Raises AuthorityRefused for a response that is not to this request."""
    try:
        info = read_token(response).info
    except EvidenceError as error:
        raise AuthorityRefused(f"The authority's answer is no timestamp: {error}") from error
    if (info.imprint.digest.name, info.imprint.value, info.nonce) != (name, digest, nonce):
        raise AuthorityRefused("The authority's answer is to another request.")
