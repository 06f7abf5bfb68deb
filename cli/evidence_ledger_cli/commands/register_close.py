"""``evidence register close``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.administration import Settings
from evidence_ledger.core.role import may_hand_in
from evidence_ledger_cli import options, place, register_place
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.password import password_file


@click.command("close")
@register_place.key
@password_file
@place.home
@options.as_json
def command(key: Path | None, password_file: Path | None, home: Path | None, json: bool) -> None:
    """Take statements only from those who are enrolled from now on.

    What is in the ledger stays. Enrol yourself first if you deposit with a key of your own;
    `evidence register show` says who is enrolled.
    """
    act = Settings(closed=True)
    with place.opened(home) as ledger:
        if register_place.current(ledger).closed:
            says = "Already closed: only those who are enrolled may hand in."
            register_place.tell_same(act, says, json=json)
            return
        author = register_place.operator(ledger, key, password_file)
        receipt = register_place.enter(ledger, author, act)
        register = ledger.ledger.registrar.at(receipt.index + 1)
    register_place.tell(
        receipt, act, "Only those who are enrolled may hand in from now on.", json=json
    )
    enrolled = [*register.signers.values(), *(one.roles for one in register.issuers.values())]
    if not any(may_hand_in("deposit", roles) for roles in enrolled):
        hint("Nobody may deposit now. Enrol somebody with: evidence register enrol FILE")
