"""``evidence seal``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.errors import EvidenceError, WitnessRefused
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line
from evidence_ledger_cli.seal_states import pending_names, witnesses_of

if TYPE_CHECKING:
    from evidence_ledger.ledger import SealResult


@click.command("seal")
@place.home
@options.as_json
def command(home: Path | None, json: bool) -> None:
    """Timestamp everything new.

    One request to each timestamp authority covers all entries since the seal before. A seal
    without any answer stays open, and the next call goes on with it. All witnesses are asked for
    cosignatures beside. Times and cosignatures that earlier seals still lack are asked for again;
    export a certificate again to get what came late.
    """
    with place.opened(home) as ledger:
        result = ledger.ledger.seal()
        late = ledger.ledger.complete((*result.missing, *result.unwitnessed))
    if result.seal is not None and not result.seal.tokens and result.failures:
        raise result.failures[0]
    if json:
        show_json(_document(result) | {"completed": [_document(one) for one in late]})
    else:
        _tell(result)
        _tell_late(late)
    for one in (result, *late):
        _warn(one)


def _document(result: SealResult) -> dict[str, object]:
    seal, apart = result.seal, result.disagreement
    return {
        "seal": None if seal is None else seal.number,
        "entries": None if seal is None else {"first": seal.first, "size": seal.size},
        "authorities": [] if seal is None else [token.authority for token in seal.tokens],
        "missing": list(result.missing),
        "witnesses": [] if seal is None else witnesses_of(seal),
        "witnesses_missing": list(result.unwitnessed),
        "disagreement": None if apart is None else apart.to_json(),
        "failures": [
            {"code": one.reason, "message": one.message}
            for one in (*result.failures, *result.witness_failures)
        ],
    }


def _tell(result: SealResult) -> None:
    if result.seal is None:
        show("Nothing is new.")
        return
    show(f"Seal {result.seal.number} covers entries {result.seal.first} to {result.seal.size - 1}.")
    _tell_times(result)


def _tell_times(result: SealResult) -> None:
    names = [] if result.seal is None else [token.authority for token in result.seal.tokens]
    show(f"  times from   {safe_line(', '.join(names)) or 'nobody yet; call it again later'}")
    if result.seal is not None and (witnesses := witnesses_of(result.seal)):
        show(f"  cosigned by  {safe_line(', '.join(witnesses))}")
    if pending := pending_names(result.missing, result.unwitnessed):
        show(f"  pending      {safe_line(', '.join(pending))}")


def _tell_late(late: Sequence[SealResult]) -> None:
    for one in late:
        if one.seal is not None:
            show(f"The earlier seal {one.seal.number}:")
            _tell_times(one)


def _sentence(error: EvidenceError) -> str:
    return (
        f"{error} {error.hint}" if isinstance(error, WitnessRefused) and error.hint else str(error)
    )


def _warn(result: SealResult) -> None:
    for failure in dict.fromkeys(map(str, result.failures)):
        hint(safe_line(f"No time from one authority: {failure}"))
    for refusal in dict.fromkeys(map(_sentence, result.witness_failures)):
        hint(safe_line(f"No cosignature from one witness: {refusal}"))
    if (apart := result.disagreement) is not None:
        seconds = apart.apart.total_seconds()
        hint(safe_line(f"{apart.ahead} is {seconds:.1f} seconds ahead of {apart.behind}."))
