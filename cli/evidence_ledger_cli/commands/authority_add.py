"""``evidence authority add``"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.timestamping.authority_list import AuthorityEntry
from evidence_ledger.adapters.timestamping.known_roots import roots_here
from evidence_ledger.adapters.timestamping.presets import Preset, presets
from evidence_ledger.adapters.trust_addition import add_authority
from evidence_ledger.core import pem
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.input_file import read_whole
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.home import Home

_LARGEST_ROOTS = 1024 * 1024


@click.command("add")
@click.argument("authority", metavar="PRESET|URL")
@click.option(
    "--roots",
    type=options.input_file(),
    metavar="ROOTS.pem",
    help="Its root X.509 certificates, from the authority itself. A preset that pins its roots "
    "finds them on this machine.",
)
@click.option("--name", help="How reports call it; else the preset's name or the address's host.")
@click.option("--url", help="The address, where the preset has none.")
@click.option("--policy-oid", metavar="OID", help="The only policy under which tokens are taken.")
@click.option(
    "--interval", type=click.IntRange(0, 3600), metavar="SECONDS", help="Between two requests."
)
@click.option(
    "--timeout",
    type=click.IntRange(1, 600),
    default=20,
    show_default=True,
    metavar="SECONDS",
    help="For one request.",
)
@click.option("--fallback", metavar="NAME", help="Who is asked where this one fails, only then.")
@click.option(
    "--not-independent", is_flag=True, help="Its clock is that of whoever keeps the ledger."
)
@place.home
@options.as_json
def command(
    authority: str,
    roots: Path | None,
    name: str | None,
    url: str | None,
    policy_oid: str | None,
    interval: int | None,
    timeout: int,
    fallback: str | None,
    not_independent: bool,
    home: Path | None,
    json: bool,
) -> None:
    """Ask one more timestamp authority from now on.

    PRESET is a name from `evidence authority presets`. Tokens are kept only if they lead to the
    roots. The ledger's own trust policy names the authority too, so that its certificates
    can be checked with it; whoever has another policy decides for themselves.
    """
    where = place.home_at(home)
    preset = _preset(authority, url)
    given = _pinned(preset) if roots is None else _given(roots)
    entry = AuthorityEntry(
        name=name or preset.name,
        url=preset.url or "",
        roots=given,
        since=SystemClock().now().replace(microsecond=0),
        independent=not not_independent,
        interval=preset.interval if interval is None else interval,
        timeout=timeout,
        policy=policy_oid,
        fallback=fallback,
    )
    place.authorities(where).added(entry).save(where.authorities)
    trusted = _trust(where, entry)
    _tell(entry, trusted, json=json)
    if roots is None:
        _tell_roots(given)
    known = {hashlib.sha256(one).hexdigest() for one in given}.intersection(preset.sha256)
    if preset.sha256 and not known:
        hint("This is not a root that the preset knows; make sure that it is the authority's.")


def _tell_roots(found: Sequence[bytes]) -> None:
    for one in map(parse_certificate, found):
        says = f"Root found by its fingerprint: {one.subject_text}, SHA-256 {one.sha256.hex()}"
        hint(safe_line(says))


def _given(roots: Path) -> tuple[bytes, ...]:
    return pem.certificates(read_whole(roots, _LARGEST_ROOTS), where=str(roots))


def _pinned(preset: Preset) -> tuple[bytes, ...]:
    """The roots whose fingerprints the preset has. Raises UsageError where there are none here."""
    found = roots_here(preset.sha256)
    if not found:
        pinned = "is not on this machine" if preset.sha256 else "is not known here"
        raise UsageError(
            f"The root X.509 certificate of {preset.name} {pinned}.",
            hint="Get it from the authority itself, and give it with --roots ROOTS.pem.",
        )
    return found


def _preset(authority: str, url: str | None) -> Preset:
    if "://" in authority:
        if url is not None:
            raise UsageError("The address is given twice.")
        return Preset(_host(authority), authority, authority)
    known = presets().get(authority)
    if known is None:
        raise UsageError(
            f"There is no preset called {authority[:80]!r}.",
            hint="See: evidence authority presets, or give an address like http://tsa.example/tsr",
        )
    if url is None and known.url is None:
        raise UsageError(f"The address of {known.title} is not known here.", hint="Give --url URL.")
    return Preset(
        known.name, known.title, url or known.url, known.interval, known.roots, known.sha256
    )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:63]
    except ValueError:
        return ""


def _trust(home: Home, entry: AuthorityEntry) -> bool:
    try:
        add_authority(home.trust, entry.name, entry.roots, independent=entry.independent)
    except EvidenceError as error:
        hint(safe_line(f"The ledger's trust policy was left as it is: {error}"))
        return False
    return True


def _tell(entry: AuthorityEntry, trusted: bool, *, json: bool) -> None:
    if json:
        show_json({"name": entry.name, "url": entry.url, "in_trust_policy": trusted})
        return
    show(safe_line(f"Seals ask {entry.name} at {entry.url} from now on."))
    if trusted:
        show("The ledger's trust policy names it; hand that on again.")
