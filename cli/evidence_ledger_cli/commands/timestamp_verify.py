"""``evidence timestamp verify``"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.core import ocsp_response, revocation_list
from evidence_ledger.core.cms import LARGEST
from evidence_ledger.core.pem import certificates, revocation_lists
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import verify_timestamp
from evidence_ledger.errors import EvidenceError, Undecided, UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.digest_text import named_digest
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
@click.option(
    "--crl",
    "crls",
    type=options.input_file(),
    multiple=True,
    metavar="FILE",
    help="Revocation lists of the issuers, PEM or DER.",
)
@click.option(
    "--ocsp",
    "ocsps",
    type=options.input_file(),
    multiple=True,
    metavar="FILE",
    help="An OCSP response, DER.",
)
@click.option(
    "--revocation-demanded",
    is_flag=True,
    help="Only X.509 certificates that are known not to be revoked count.",
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
    crls: tuple[Path, ...],
    ocsps: tuple[Path, ...],
    revocation_demanded: bool,
    nonce: str | None,
    policy_oid: str | None,
    at: datetime | None,
    explain: bool,
    json: bool,
) -> int:
    """Check an RFC 3161 token or response.

    A whole response and the bare token in it are both taken. Revocation data inside the token is
    used like what is given.
    """
    if (data is None) == (digest is None):
        raise UsageError("Name either --data FILE or --digest NAME:HEX.")
    number = _nonce(nonce)
    given = dict([named_digest(digest)]) if digest is not None else {}
    stamp = read_capped(token, LARGEST)
    trusted = _certificates(roots)
    report = verify_timestamp(
        stamp,
        given if data is None else _digest_of(data, stamp),
        roots=trusted,
        at=at or SystemClock().now(),
        intermediates=_certificates(intermediates) if intermediates else (),
        nonce=number,
        policy_oid=policy_oid,
        crls=_lists(crls),
        ocsps=_responses(ocsps),
        revocation_demanded=trusted if revocation_demanded else (),
    )
    return show_report(report, json=json, explain=explain, heading=f"Timestamp {token!s}")


def _certificates(path: Path) -> tuple[bytes, ...]:
    return certificates(read_whole(path, _LARGEST_PEM), where=str(path))


def _lists(paths: Sequence[Path]) -> list[bytes]:
    """The lists in files; a damaged one is an error, not a lack of revocation data."""
    found = []
    for path in paths:
        whole = read_whole(path, revocation_list.LARGEST * 2)
        for one in revocation_lists(whole, where=str(path)):
            _readable(revocation_list.parse_list, one)
            found.append(one)
    return found


def _responses(paths: Sequence[Path]) -> list[bytes]:
    found = [read_whole(path, ocsp_response.LARGEST) for path in paths]
    for one in found:
        _readable(ocsp_response.parse_response, one)
    return found


def _readable(parse: Callable[[bytes], object], data: bytes) -> None:
    """Raises FormatError; whether what is readable can be used is for the check."""
    with suppress(Undecided):
        parse(data)


def _nonce(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is no whole number.") from error


def _digest_of(data: str, stamp: bytes) -> dict[str, bytes]:
    """The digest of the file by the algorithm that the token names; SHA-256 where it names none."""
    try:
        name = read_token(stamp).info.imprint.digest.name
    except EvidenceError:
        name = "sha256"
    with ScreenProgress() as progress:
        return {name: digest_file(data, name, progress=progress)}
