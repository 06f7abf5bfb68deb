"""``evidence cosigner group``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger.core.quorum import Group
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line


@click.command("group")
@click.argument("name")
@click.argument("members", nargs=-1, metavar="MEMBER...")
@click.option(
    "--required", type=click.IntRange(min=1), metavar="K", help="So many members; else all."
)
@click.option("--independent", is_flag=True, help="None that the operator runs counts in it.")
@click.option("--remove", is_flag=True, help="Take the group away.")
@place.home
@options.as_json
def command(
    name: str,
    members: tuple[str, ...],
    required: int | None,
    independent: bool,
    remove: bool,
    home: Path | None,
    json: bool,
) -> None:
    """Put witnesses, or groups, into a group for the quorum.

    A witness or a group is a member of one group at most.
    """
    if remove is bool(members):
        raise UsageError("A group has members, or is removed with --remove.")
    where = place.home_at(home)
    listed = place.witnesses(where)
    if remove:
        listed.ungrouped(name).save(where.witnesses)
    else:
        group = Group(name, required or len(members), members, independent)
        listed.grouped(group).save(where.witnesses)
    if json:
        show_json({"group": name, "members": list(members), "removed": remove})
    elif remove:
        show(safe_line(f"There is no group {name} any more."))
    else:
        wanted = required or len(members)
        show(safe_line(f"The group {name} has cosigned when {wanted} of {len(members)} have."))
