"""``evidence show``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from evidence_ledger.core import canonical, statement
from evidence_ledger.core import claim as claims
from evidence_ledger.core.administration import act_json
from evidence_ledger.core.canonical import Json, time_text
from evidence_ledger.core.claim import Claim
from evidence_ledger_cli import options, place
from evidence_ledger_cli.entry_view import claim_line, entry_facts
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.seal_states import pending_names, witnesses_of

if TYPE_CHECKING:
    from evidence_ledger.stored import StoredEntry, StoredSeal

_LONGEST = 80


@click.command("show")
@click.argument("index", type=click.IntRange(min=0))
@place.home
@options.as_json
def command(index: int, home: Path | None, json: bool) -> None:
    """One entry and what it says."""
    with place.opened(home, read_only=True) as ledger:
        stored = ledger.ledger.entry(index)
        seal = ledger.ledger.store.seal_of(index)
        missing = () if seal is None else ledger.ledger.missing(seal)
        unwitnessed = () if seal is None else ledger.ledger.unwitnessed(seal)
        held = [claims.parse(data) for _, data in ledger.ledger.store.claims(index)]
    sealed = _seal_facts(seal, missing, unwitnessed)
    facts = entry_facts(stored) | _statement_facts(stored) | {"sealed": sealed}
    if json:
        show_json(facts | {"claims": {one.path: one.value for one in held}})
    else:
        _tell(facts, held)


def _statement_facts(stored: StoredEntry) -> dict[str, object]:
    if stored.statement is None:
        return {}
    parsed = statement.parse(stored.statement)
    facts: dict[str, object] = {
        "ledger": parsed.ledger,
        "made": time_text(parsed.made),
        "signer": parsed.signer.hex(),
        "refs": [ref.index for ref in parsed.refs],
    }
    if parsed.administration is not None:
        facts["administration"] = act_json(parsed.administration)
    if parsed.grant is not None:
        facts["grant"] = parsed.grant.to_json()
    return facts


def _seal_facts(
    seal: StoredSeal | None, missing: Sequence[str], unwitnessed: Sequence[str]
) -> dict[str, object] | None:
    if seal is None:
        return None
    names = [token.authority for token in seal.tokens]
    return {
        "seal": seal.number,
        "authorities": names,
        "missing": list(missing),
        "witnesses": witnesses_of(seal),
        "witnesses_missing": list(unwitnessed),
    }


def _text(value: object) -> str:
    """A fact in words; nothing where it says that there is nothing."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shortened(member)}" for name, member in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shortened(member: object) -> str:
    text = canonical.encode(cast("Json", member)).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _tell(facts: dict[str, object], held: Sequence[Claim]) -> None:
    for name, value in facts.items():
        if name != "sealed" and (text := _text(value)):
            show(f"{name.replace('_', ' '):<10} {safe_line(text)}")
    sealed = facts["sealed"]
    if isinstance(sealed, dict):
        names = ", ".join(sealed["authorities"]) or "no authority yet"
        show(f"{'sealed':<10} seal {sealed['seal']}, by {safe_line(names)}")
        if sealed["witnesses"]:
            show(f"{'cosigned':<10} {safe_line(', '.join(sealed['witnesses']))}")
        if pending := pending_names(sealed["missing"], sealed["witnesses_missing"]):
            show(f"{'pending':<10} {safe_line(', '.join(pending))}")
    else:
        show(f"{'sealed':<10} not yet")
    for one in held:
        show(f"  {one.path:<20} {claim_line(one)}")
