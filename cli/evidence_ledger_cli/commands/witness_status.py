"""``evidence witness status``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, witness_place, witness_view
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.witness.logs import LogState
    from evidence_ledger.witness_assembly import OpenWitness


@click.command("status")
@click.option(
    "--vkeys", "only_keys", is_flag=True, help="Only its verifier keys, whole, one a line."
)
@witness_place.home
@options.as_json
def command(only_keys: bool, home: Path | None, json: bool) -> int:
    """The logs that the witness serves, and what it cosigned last.

    The exit code is not 0 where nothing is signed for a log until you decide.
    """
    if only_keys and json:
        raise UsageError("--json has the keys in it; --vkeys does not go with it.")
    with witness_place.opened(home) as witness:
        states = witness.logs.states()
        if json:
            show_json(_document(witness, states))
        elif only_keys:
            for vkey in witness.vkeys:
                show(vkey)
        else:
            _tell(witness, states)
    return next((state.trouble.exit_code for state in states if state.trouble), 0)


def _document(witness: OpenWitness, states: list[LogState]) -> dict[str, object]:
    return {
        "name": witness.name,
        "home": str(witness.home.folder),
        "vkeys": list(witness.vkeys),
        "logs": [witness_view.document(state) for state in states],
    }


def _tell(witness: OpenWitness, states: list[LogState]) -> None:
    show(safe_line(witness.name))
    witness_view.tell_keys(witness.vkeys)
    for state in states:
        witness_view.tell(state)
    if not states:
        show("It serves no log yet.")
