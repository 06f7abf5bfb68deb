"""``evidence export``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core.claim import parse
from evidence_ledger.errors import EntryErased, UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.embedding import chunks_of
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.output_file import require_free
from evidence_ledger_cli.safe_text import safe_name

if TYPE_CHECKING:
    from evidence_ledger.issuing.issuer import Issued
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
    "--as",
    "form",
    type=click.Choice(["asice", "asic-s", "tst", "tsr", "ers"]),
    default="asice",
    show_default=True,
    help="A certificate, or a part of one in the form that other tools take.",
)
@click.option(
    "--authority", metavar="NAME", help="Of which timestamp authority; else the first there is."
)
@click.option(
    "--data",
    type=options.input_file(),
    metavar="FILE",
    help="The deposited file, which goes into an asic-s.",
)
@click.option(
    "--out",
    type=options.output_file(),
    required=True,
    metavar="FILE",
    help="Where it goes.",
)
@place.home
@options.as_json
def command(
    index: int,
    only: tuple[str, ...],
    form: str,
    authority: str | None,
    data: Path | None,
    out: Path,
    home: Path | None,
    json: bool,
) -> None:
    """The certificate of an entry, with chosen claims, or a part of it.

    Claims that are hidden can't be guessed from those that are shown.

    \b
    asice   the certificate
    ers     the RFC 4998 evidence record over one file: --only file/0
    tst     the RFC 3161 token over the seal; with --only file/0, over that file itself,
            which is there after a deposit with --direct
    tsr     the authority's response with that token
    asic-s  one file with its token, or else its record: --only file/0 --data FILE
    """
    from evidence_ledger.desk import write_certificate

    _check_usage(form, authority, data)
    require_free(out)
    with place.opened(home, read_only=True) as ledger:
        positions = _positions(ledger.ledger.store, index, only) if only else None
        if form == "asice":
            write_certificate(ledger, index, out, positions)
        else:
            issued = ledger.issuer.issue(index, positions)
            authority = _exported(issued, _file(only), form, authority, data, out)
    _tell(index, form, out, only, authority, json=json)


def _check_usage(form: str, authority: str | None, data: Path | None) -> None:
    if (form == "asic-s") != (data is not None):
        raise UsageError("--data FILE goes with --as asic-s, which needs it.")
    if form == "asice" and authority is not None:
        raise UsageError("A certificate holds the records of all authorities.")


def _file(only: Sequence[str]) -> int | None:
    """The number of the one file that is asked for. Raises UsageError for anything else."""
    if not only:
        return None
    section, _, number = only[0].partition("/")
    if len(only) > 1 or section != "file":
        raise UsageError("This form holds one file at most.", hint="Name it with --only file/0")
    return int(number)


def _exported(
    issued: Issued, file: int | None, form: str, authority: str | None, data: Path | None, out: Path
) -> str:
    from evidence_ledger.exporting import Exporter, Form

    exporter = Exporter(issued, file, authority)
    if data is not None:
        return exporter.simple(out, chunks_of(data))
    return exporter.export(Form(form), out)


def _tell(
    index: int, form: str, out: Path, only: Sequence[str], authority: str | None, *, json: bool
) -> None:
    certificate = str(out) if form == "asice" else None
    if json:
        document = {"index": index, "as": form, "out": str(out), "certificate": certificate}
        show_json(document | {"only": list(only) or None, "authority": authority})
    elif certificate:
        show(f"The certificate of entry {index} is in {safe_name(certificate)}")
    else:
        show(f"The {form} of entry {index}, by {authority}, is in {safe_name(str(out))}")


def _positions(store: Store, index: int, only: Sequence[str]) -> list[int]:
    if store.entry(index).statement is None:
        raise EntryErased(f"The statement of entry {index} was erased.")
    held = {parse(data).path: position for position, data in store.claims(index)}
    for path in only:
        if path not in held:
            raise UsageError(
                f"Entry {index} has no claim {path[:80]!r}.",
                hint=f"See its claims with: evidence show {index}",
            )
    return sorted({held[path] for path in only})
