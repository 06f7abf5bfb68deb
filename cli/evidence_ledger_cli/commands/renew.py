"""``evidence renew``"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.renewal_view import (
    due_document,
    result_document,
    tell_due,
    tell_result,
    warn,
)

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger

YEAR = timedelta(days=366)
_DIGESTS = {"sha512": "sha512", "sha3-256": "sha3_256"}


@click.command("renew")
@click.option("--due", is_flag=True, help="Only list what weakens when; nothing is renewed.")
@click.option(
    "--before",
    type=options.Moment(),
    metavar="DATE",
    help="What weakens by the end of this day; else within a year.",
)
@click.option("--all", "everything", is_flag=True, help="Everything, whenever it weakens.")
@click.option(
    "--digest",
    type=click.Choice(tuple(_DIGESTS)),
    help="Renew the hash trees with another digest, before SHA-256 weakens: everything that is not "
    "under it yet.",
)
@click.option(
    "--policy",
    type=options.input_file(),
    metavar="TRUST.toml",
    help="The trust policy whose end dates of algorithms count; else the ledger's own.",
)
@place.home
@options.as_json
def command(
    due: bool,
    before: datetime | None,
    everything: bool,
    digest: str | None,
    policy: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Renew timestamps before they weaken: those of seals, and those over files themselves.

    A timestamp weakens when its authority's X.509 certificate or an algorithm in it ends. One new
    timestamp of each authority covers many old ones. Afterwards export certificates again: those
    handed out before have the old timestamps only.
    """
    from evidence_ledger.renewing.plan import Wish

    if sum((before is not None, everything, digest is not None)) > 1:
        raise UsageError("Choose one of --before, --all and --digest.")
    with place.opened(home, read_only=due) as ledger:
        ends = _ends(policy or place.home_at(home).trust)
        if due:
            _list(ledger, ends, before, everything=everything, json=json)
            return
        limit = None if everything else before or _now() + YEAR
        result = ledger.renewer().renew(Wish(limit, _DIGESTS.get(digest or "")), ends)
    if json:
        show_json(result_document(result))
    else:
        tell_result(result)
    warn(result)


def _ends(policy: Path) -> Mapping[str, date]:
    from evidence_ledger.adapters.trust_file import read_trust

    return read_trust(policy).end_dates


def _now() -> datetime:
    from evidence_ledger.adapters.clock import SystemClock

    return SystemClock().now()


def _list(
    ledger: OpenLedger,
    ends: Mapping[str, date],
    before: datetime | None,
    *,
    everything: bool,
    json: bool,
) -> None:
    limit = before or _now() + YEAR
    found = [
        one for one in ledger.renewer().standings(ends) if everything or one.lost or one.due(limit)
    ]
    if json:
        show_json({"due": [due_document(one, limit) for one in found]})
        return
    if not found:
        show(f"Nothing weakens until {limit:%Y-%m-%d}.")
        return
    tell_due(found, limit)
    hint("renew it with: evidence renew")
