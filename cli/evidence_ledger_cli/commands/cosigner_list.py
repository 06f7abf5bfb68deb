"""``evidence cosigner list``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry, WitnessList
    from evidence_ledger.core.quorum import Quorum


@click.command("list")
@place.home
@options.as_json
def command(home: Path | None, json: bool) -> None:
    """Whom seals ask for cosignatures."""
    listed = place.witnesses(place.home_at(home))
    if json:
        show_json(_document(listed))
    else:
        _tell(listed)


def _document(listed: WitnessList) -> dict[str, object]:
    quorum = listed.quorum
    return {
        "deadline": listed.deadline,
        "witnesses": [_facts(one) for one in listed.entries],
        "groups": [
            {
                "name": one.name,
                "required": one.required,
                "members": list(one.members),
                "independent": one.independent,
            }
            for one in quorum.groups
        ],
        "quorum": {
            "witnesses": quorum.witnesses,
            "independent": quorum.independent,
            "group": quorum.group,
        },
    }


def _facts(one: WitnessEntry) -> dict[str, object]:
    return {
        "name": one.name,
        "url": one.url,
        "vkeys": list(one.vkeys),
        "since": time_text(one.since),
        "timeout": one.timeout,
        "operator_run": one.operator_run,
        "ed25519_only": one.ed25519_only,
        "retired": one.retired,
    }


def _tell(listed: WitnessList) -> None:
    if not listed.entries:
        show("No witness is asked.")
        return
    for one in listed.entries:
        more = ["run by the operator"] if one.operator_run else []
        more += ["short signature alone"] if one.ed25519_only else []
        more += ["no longer asked"] if one.retired else []
        show(safe_line(", ".join([f"{one.name:<16} {one.url}", *more])))
        for key in map(VerifierKey.parse, one.vkeys):
            show(safe_line(f"{'':<16} key {key.name}+{key.key_id.hex()}"))
    for group in listed.quorum.groups:
        own = ", none run by the operator" if group.independent else ""
        members = ", ".join(group.members)
        show(safe_line(f"group {group.name:<10} {group.required} of {members}{own}"))
    show(f"A seal is complete with the cosignatures of {_wanted(listed.quorum)}.")


def _wanted(quorum: Quorum) -> str:
    if quorum.group is not None:
        return safe_line(quorum.group)
    if quorum.is_none:
        return "all of them"
    own = f", {quorum.independent} not run by the operator" if quorum.independent else ""
    return f"{max(quorum.witnesses, quorum.independent)} of them{own}"
