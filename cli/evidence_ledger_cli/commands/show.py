"""``evidence show``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from evidence_ledger.core import canonical
from evidence_ledger.core import claim as claims
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import Claim
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.entry_view import claim_line, entry_facts, statement_facts
from evidence_ledger_cli.mention_view import mention_facts, mention_lines
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.password import password_file
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.seal_states import pending_names, witnesses_of
from evidence_ledger_cli.served_entry import served_entry

if TYPE_CHECKING:
    from evidence_ledger.stored import StoredSeal

_LONGEST = 80


@click.command("show")
@click.argument("index", type=click.IntRange(min=0))
@click.option(
    "--server",
    metavar="URL",
    help="An entry of the ledger that is served there; the request is signed with your key.",
)
@click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="With --server: sign with this key (PEM, PKCS#12 or token) instead of the one of init.",
)
@password_file
@place.home
@options.as_json
def command(
    index: int,
    server: str | None,
    key: Path | None,
    password_file: Path | None,
    home: Path | None,
    json: bool,
) -> None:
    """One entry and what it says; which entries it is about, and which later ones are about it.

    On a server the claims of a deposit are for its depositor and those to whom it granted them.
    """
    if server is not None:
        facts, held = served_entry(server, index, place.home_at(home), key, password_file)
        _show(facts, held, json=json)
        return
    if key is not None or password_file is not None:
        raise UsageError("--key and --password-file go with --server.")
    from evidence_ledger.mentions import mentions_of

    with place.opened(home, read_only=True) as ledger:
        stored = ledger.ledger.entry(index)
        seal = ledger.ledger.store.seal_of(index)
        missing = () if seal is None else ledger.ledger.missing(seal)
        unwitnessed = () if seal is None else ledger.ledger.unwitnessed(seal)
        held = [claims.parse(data) for _, data in ledger.ledger.store.claims(index)]
        named_by = [mention_facts(one) for one in mentions_of(ledger.ledger.store, index)]
    sealed = _seal_facts(seal, missing, unwitnessed)
    facts = entry_facts(stored) | statement_facts(stored.statement) | {"sealed": sealed}
    facts["named_by"] = named_by
    _show(facts, held, json=json)


def _show(facts: dict[str, object], held: Sequence[Claim], *, json: bool) -> None:
    if json:
        show_json(facts | {"claims": {one.path: one.value for one in held}})
    else:
        _tell(facts, held)


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
    if value is None or isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shortened(member)}" for name, member in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shortened(member: object) -> str:
    text = canonical.encode(cast("Json", member)).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _tell(facts: dict[str, object], held: Sequence[Claim]) -> None:
    for name, value in facts.items():
        if name not in ("sealed", "named_by") and (text := _text(value)):
            show(f"{name.replace('_', ' '):<10} {safe_line(text)}")
    sealed = facts.get("sealed")
    if isinstance(sealed, dict):
        names = ", ".join(sealed["authorities"]) or "no authority yet"
        show(f"{'sealed':<10} seal {sealed['seal']}, by {safe_line(names)}")
        if sealed["witnesses"]:
            show(f"{'cosigned':<10} {safe_line(', '.join(sealed['witnesses']))}")
        if pending := pending_names(sealed["missing"], sealed["witnesses_missing"]):
            show(f"{'pending':<10} {safe_line(', '.join(pending))}")
    elif "sealed" in facts:
        show(f"{'sealed':<10} not yet")
    for line in mention_lines(facts.get("named_by")):
        show(f"{'named by':<10} {safe_line(line)}")
    for one in held:
        show(f"  {one.path:<20} {claim_line(one)}")
