"""``evidence init``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.digest import Algorithm
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line

_MORE = [name.value for name in Algorithm if name is not Algorithm.SHA256]


@click.command("init")
@place.home
@click.option("--origin", metavar="NAME", help="The ledger's public name; else one is made up.")
@click.option(
    "--digest",
    "digests",
    type=click.Choice(_MORE),
    multiple=True,
    help="Another digest of every file, beside SHA-256. SM3 is about six times slower.",
)
@click.option(
    "--name", default="depositor", show_default=True, help="The name in your X.509 certificate."
)
@options.as_json
def command(
    home: Path | None, origin: str | None, digests: tuple[str, ...], name: str, json: bool
) -> None:
    """Make a ledger, its key and a local timestamp authority.

    Everything is in one folder that only you can read. The timestamp authority uses this machine's
    own clock: good to try things out, no proof of time for others.
    """
    from evidence_ledger.assembly import create_ledger

    where = place.home_at(home)
    settings = create_ledger(
        where, origin=origin, digests=[Algorithm(one) for one in digests], name=name
    )
    made = {
        "ledger": settings.origin,
        "home": str(where.folder),
        "database": str(where.database),
        "keys": str(where.keys),
        "authority": str(where.authority),
        "trust_policy": str(where.trust),
        "digests": [one.value for one in settings.digests],
    }
    if json:
        show_json(made)
        return
    show(f"The ledger {safe_line(settings.origin)} is ready.")
    for label, key in _LABELS:
        show(f"  {label:<24} {safe_line(str(made[key]))}")
    hint("Deposit a file with: evidence deposit FILE")
    hint("Keep a copy of the folder: nobody can make the keys again.")


_LABELS = (
    ("entries", "database"),
    ("keys", "keys"),
    ("timestamp authority", "authority"),
    ("trust policy to hand on", "trust_policy"),
)
