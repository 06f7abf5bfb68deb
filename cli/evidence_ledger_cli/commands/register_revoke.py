"""``evidence register revoke``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.administration import Revoke, RevokeIssuer
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.password import password_file


@click.command("revoke")
@click.argument("who", metavar="FILE|SHA256")
@click.option("--ca", is_flag=True, help="The root of a CA: it vouches for nobody any more.")
@register_place.key
@password_file
@place.home
@options.as_json
def command(
    who: str,
    ca: bool,
    key: Path | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Let a signer hand in nothing more.

    The signer is named by its X.509 certificate or by the SHA-256 of that. What it handed in
    before stays as it is. One for whom an enrolled CA vouches is revoked here too. An
    open ledger takes nothing from it either; those of a CA that was revoked are strangers there.
    """
    named = register_place.whom(who)
    act = RevokeIssuer(named) if ca else Revoke(named)
    with place.opened(home) as ledger:
        if named == ledger.operator.fingerprint:
            raise UsageError(
                "This is the key that signs the ledger's seals: nothing could be sealed any more.",
                hint="Give the ledger another key first: evidence register rotate",
            )
        author = register_place.operator(ledger, key, password_file)
        receipt = register_place.enter(ledger, author, act)
    says = f"{register_place.subject(who)} hands in nothing more."
    register_place.tell(receipt, act, says, json=json)
