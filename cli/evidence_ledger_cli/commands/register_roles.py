"""``evidence register roles``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.administration import ChangeRoles
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.password import password_file


@click.command("roles")
@click.argument("who", metavar="FILE|SHA256")
@register_place.roles
@register_place.key
@password_file
@place.home
@options.as_json
def command(
    who: str,
    roles: tuple[str, ...],
    key: Path | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """Give a signer who is enrolled other roles, in place of those that it has."""
    act = ChangeRoles(register_place.whom(who), register_place.roles_of(roles))
    with place.opened(home) as ledger:
        if register_place.current(ledger).signers.get(act.signer) == act.roles:
            says = f"{register_place.subject(who)} is already {', '.join(sorted(roles))}."
            register_place.tell_same(act, says, json=json)
            return
        author = register_place.operator(ledger, key, password_file)
        receipt = register_place.enter(ledger, author, act)
    says = f"{register_place.subject(who)} is {', '.join(sorted(roles))} from now on."
    register_place.tell(receipt, act, says, json=json)
