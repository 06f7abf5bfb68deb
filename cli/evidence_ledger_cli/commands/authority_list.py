"""``evidence authority list``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.canonical import time_text
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.timestamping.authority_list import AuthorityEntry, AuthorityList


@click.command("list")
@place.home
@options.as_json
def command(home: Path | None, json: bool) -> None:
    """Whom seals ask for the time."""
    listed = place.authorities(place.home_at(home))
    if json:
        show_json(_document(listed))
    else:
        _tell(listed)


def _document(listed: AuthorityList) -> dict[str, object]:
    return {
        "local": listed.local,
        "required": listed.required,
        "deadline": listed.deadline,
        "authorities": [_facts(one) for one in listed.entries],
    }


def _facts(one: AuthorityEntry) -> dict[str, object]:
    return {
        "name": one.name,
        "url": one.url,
        "since": time_text(one.since),
        "independent": one.independent,
        "interval": one.interval,
        "timeout": one.timeout,
        "policy": one.policy,
        "fallback": one.fallback,
        "retired": one.retired,
    }


def _tell(listed: AuthorityList) -> None:
    if listed.local:
        show(f"{'local':<16} this machine's own clock, not independent")
    for one in listed.entries:
        more = [] if one.independent else ["not independent"]
        more += [f"at most every {one.interval} seconds"] if one.interval else []
        more += [f"else {one.fallback}"] if one.fallback else []
        more += ["no longer asked"] if one.retired else []
        show(safe_line(", ".join([f"{one.name:<16} {one.url}", *more])))
    wanted = "all of them" if listed.required is None else f"{listed.required} independent ones"
    show(f"A seal is complete with the times of {wanted}.")
