"""``evidence timestamp verify``"""

from __future__ import annotations

import re
from pathlib import Path

import click

from evidence_ledger.adapters.files.reading import digest_file
from evidence_ledger.core.cms import LARGEST
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import verify_timestamp
from evidence_ledger.errors import EvidenceError, UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.digest_text import named_digest
from evidence_ledger_cli.input_file import read_capped
from evidence_ledger_cli.progress import ScreenProgress
from evidence_ledger_cli.report_view import show_report
from evidence_ledger_cli.time_trust import TrustOptions, trust_options

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,37})){1,60}", re.ASCII)


@click.command("verify")
@click.argument("token", type=options.input_file(), metavar="TOKEN")
@click.option("--data", metavar="FILE", help="The file that was timestamped.")
@click.option("--digest", metavar="NAME:HEX", help="Or its digest, such as sha256:HEX.")
@click.option("--nonce", metavar="INT", help="The number that the request held, 0x… for hex.")
@click.option("--policy-oid", metavar="OID", help="The authority's policy that you ask for.")
@trust_options(roots_required=True)
@options.explain
@options.as_json
def command(
    token: Path,
    data: str | None,
    digest: str | None,
    nonce: str | None,
    policy_oid: str | None,
    trusted: TrustOptions,
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
    if policy_oid is not None and not _OID.fullmatch(policy_oid):
        raise UsageError(f"{policy_oid[:80]!r} is no policy like 1.2.3.4.")
    given = dict([named_digest(digest)]) if digest is not None else {}
    stamp = read_capped(token, LARGEST)
    digests = given if data is None else _digest_of(data, stamp)
    question = TimestampQuestion(digests, number, policy_oid)
    report = verify_timestamp(stamp, question, trusted.trust())
    return show_report(report, json=json, explain=explain, heading=f"Timestamp {token!s}")


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
