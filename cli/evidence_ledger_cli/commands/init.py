"""``evidence init``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.digest import Algorithm
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line, shell_word

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
@click.option(
    "--database",
    metavar="URL",
    help="An empty PostgreSQL database (postgresql://…) for several hosts; else a SQLite file.",
)
@options.as_json
def command(
    home: Path | None,
    origin: str | None,
    digests: tuple[str, ...],
    name: str,
    database: str | None,
    json: bool,
) -> None:
    """Make a ledger, its key and a local timestamp authority.

    Everything is in one folder that only you can read, except the entries where --database says
    so; a password in its address is used and not kept. The timestamp authority uses this machine's
    own clock: good to try things out, no proof of time for others.
    """
    from evidence_ledger.adapters.database import parse_address
    from evidence_ledger.assembly import create_ledger, database_at

    where = place.home_at(home)
    chosen = None if database is None else parse_address(database)
    settings = create_ledger(
        where,
        origin=origin,
        digests=[Algorithm(one) for one in digests],
        name=name,
        database=chosen,
    )
    made = {
        "ledger": settings.origin,
        "home": str(where.folder),
        "database": database_at(where, settings).place,
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
    if chosen is not None and chosen.password is not None:
        hint("The password was not kept: put it into a file of PGPASSFILE, or into PGPASSWORD.")
    elsewhere = "" if home is None else f" --home {shell_word(str(home))}"
    hint(f"Deposit a file with: evidence deposit FILE{elsewhere}")
    hint("Keep a copy of the folder without signer/: nobody can make the keys again.")


_LABELS = (
    ("entries", "database"),
    ("keys", "keys"),
    ("timestamp authority", "authority"),
    ("trust policy to hand on", "trust_policy"),
)
