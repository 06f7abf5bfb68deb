"""``evidence misbehaviour prove``"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import click

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.core.accusation import only_verified
from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.exhibit import accusation_report, ledger_keys
from evidence_ledger.core.held import Held
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.served_tree import read_tree
from evidence_ledger.errors import Undecided
from evidence_ledger_cli import options
from evidence_ledger_cli.log_place import log_source
from evidence_ledger_cli.output import tell
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.report_view import show_report
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.watch_list import held


@click.command("prove")
@click.argument("first", metavar="ONE", type=options.input_file())
@click.argument("second", metavar="OTHER", type=options.input_file())
@click.option(
    "--ledger",
    metavar="URL|FOLDER",
    help="Where the tree of one of the two is served, if the two alone do not show it.",
)
@click.option(
    "--policy", type=options.input_file(), metavar="TRUST.toml", help="Names the ledger's keys."
)
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="VKEY", help="The ledger's verifier key, instead."
)
@click.option(
    "--out", type=options.input_file(), required=True, metavar="FILE", help="The evidence."
)
@options.explain
@options.as_json
def command(
    first: Path,
    second: Path,
    ledger: str | None,
    policy: Path | None,
    vkeys: tuple[str, ...],
    out: Path,
    explain: bool,
    json: bool,
) -> int:
    """Write the proof that two checkpoints of one ledger contradict each other.

    ONE and OTHER are certificates, or signed checkpoints as a ledger or a witness serves them. The
    file holds both signed notes and the proof; it is checked at once, as evidence verify does, and
    answers the same: 1 where it proves that the operator signed two histories.

    Of the signatures under the notes the file keeps those that verify under the keys that you name:
    the ledger's, and those of the policy's witnesses. Each that it leaves out is told.
    """
    require_free(out)
    one, other = held(first), held(second)
    found = between(one, other) or (_served(one, other, ledger) if ledger else None)
    if found is None:
        raise Undecided(
            "misbehaviour.not-shown",
            "These two do not show that they contradict each other.",
            hint=None if ledger else "Say with --ledger where the tree of one of them is served.",
        )
    trust = read_trust(policy) if policy else None
    witnesses = [witness.key for witness in trust.witnesses] if trust else []
    found, left = only_verified(found, [*ledger_keys(trust, vkeys), *witnesses])
    write_new(out, found.encode())
    for line in left:
        tell(safe_line(line.says))
    report = accusation_report(io.BytesIO(found.encode()), trust, vkeys)
    facts = dict(report.facts) | {"left_out": [line.to_json() for line in left]}
    report = replace(report, facts=facts)
    return show_report(report, json=json, explain=explain, heading=f"Evidence {out!s}")


def _served(one: Held, other: Held, ledger: str) -> Misbehaviour | None:
    """Against the tree that is served there, which must be that of one of the two."""
    with log_source(ledger) as source:
        size = Held.of(Note.parse(source.checkpoint())).checkpoint.size
        tree = read_tree(source, size)
        larger, smaller = sorted((one, other), key=lambda one: -one.checkpoint.size)
        for mine, shown in ((smaller, larger), (larger, smaller)):
            point = shown.checkpoint
            if point.size <= size and tree.root(point.size) == point.root:
                return against(mine, shown, tree)
    raise Undecided(
        "misbehaviour.other-tree", "The tree that is served there is that of neither of the two."
    )
