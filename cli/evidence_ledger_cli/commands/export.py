"""``evidence export``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.claim import parse
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_name

if TYPE_CHECKING:
    from evidence_ledger.ports import Store


@click.command("export")
@click.argument("index", type=click.IntRange(min=0))
@click.option(
    "--only",
    multiple=True,
    metavar="CLAIM",
    help="Show this claim (file/0, matter/case_number) and hide all that are not named.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE.asice",
    help="Where the certificate goes.",
)
@place.home
@options.as_json
def command(index: int, only: tuple[str, ...], out: Path, home: Path | None, json: bool) -> None:
    """The certificate of an entry, with chosen claims.

    Claims that are hidden can't be guessed from those that are shown.
    """
    from evidence_ledger.desk import write_certificate

    require_free(out)
    with place.opened(home, read_only=True) as ledger:
        positions = _positions(ledger.ledger.store, index, only) if only else None
        write_certificate(ledger, index, out, positions)
    if json:
        show_json({"index": index, "certificate": str(out), "only": list(only) or None})
    else:
        show(f"The certificate of entry {index} is in {safe_name(str(out))}")


def _positions(store: Store, index: int, only: Sequence[str]) -> list[int]:
    store.entry(index)
    held = {parse(data).path: position for position, data in store.claims(index)}
    for path in only:
        if path not in held:
            raise UsageError(
                f"Entry {index} has no claim {path[:80]!r}.",
                hint=f"See its claims with: evidence show {index}",
            )
    return sorted({held[path] for path in only})
