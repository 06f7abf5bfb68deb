"""``evidence timestamp verify``"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.cms import LARGEST
from evidence_ledger.core.pem import certificates
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import verify_timestamp
from evidence_ledger.errors import EvidenceError, UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import read_capped, read_whole
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.report_view import show_report

_LARGEST_PEM = 8 * 1024 * 1024


@click.command("verify")
@click.argument("token", type=options.input_file(), metavar="TOKEN")
@click.option("--data", metavar="FILE", help="The file that was timestamped.")
@click.option("--digest", metavar="NAME:HEX", help="Or its digest, such as sha256:HEX.")
@click.option(
    "--roots",
    type=options.input_file(),
    required=True,
    metavar="PEM",
    help="Root X.509 certificates that you trust.",
)
@click.option(
    "--intermediates",
    type=options.input_file(),
    metavar="PEM",
    help="X.509 certificates between the authority's and a root.",
)
@click.option("--nonce", metavar="INT", help="The number that the request held, 0x… for hex.")
@click.option("--policy-oid", metavar="OID", help="The authority's policy that you ask for.")
@options.at
@options.explain
@options.as_json
def command(
    token: Path,
    data: str | None,
    digest: str | None,
    roots: Path,
    intermediates: Path | None,
    nonce: str | None,
    policy_oid: str | None,
    at: datetime | None,
    explain: bool,
    json: bool,
) -> int:
    """Check an RFC 3161 token or response.

    A whole response and the bare token in it are both taken.
    """
    if (data is None) == (digest is None):
        raise UsageError("Name either --data FILE or --digest NAME:HEX.")
    number = _nonce(nonce)
    given = _digest(digest) if digest is not None else {}
    stamp = read_capped(token, LARGEST)
    report = verify_timestamp(
        stamp,
        given if data is None else _digest_of(data, stamp),
        roots=_certificates(roots),
        at=at or SystemClock().now(),
        intermediates=_certificates(intermediates) if intermediates else (),
        nonce=number,
        policy_oid=policy_oid,
    )
    return show_report(report, json=json, explain=explain, heading=f"Timestamp {token!s}")


def _certificates(path: Path) -> tuple[bytes, ...]:
    return certificates(read_whole(path, _LARGEST_PEM), where=str(path))


def _nonce(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no whole number.") from error


def _digest(text: str) -> dict[str, bytes]:
    name, _, digits = text.partition(":")
    known = DIGESTS.get(name.lower().replace("-", "_"))
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if known is None or len(value) != known.size:
        raise UsageError(
            f"{text[:80]!r} is no digest.", hint=f"Write NAME:HEX with one of {', '.join(DIGESTS)}."
        )
    return {known.name: value}


def _digest_of(data: str, stamp: bytes) -> dict[str, bytes]:
    """The digest of the file by the algorithm that the token names; SHA-256 where it names none."""
    try:
        name = read_token(stamp).info.imprint.digest.name
    except EvidenceError:
        name = "sha256"
    with ScreenProgress() as progress:
        return {name: digest_file(data, name, progress=progress)}
