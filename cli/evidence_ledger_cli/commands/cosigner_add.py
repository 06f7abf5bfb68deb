"""``evidence cosigner add``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.trust_addition import add_witness
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, UsageError
from evidence_ledger_cli import options, place
from evidence_ledger_cli.input_file import read_whole
from evidence_ledger_cli.output import hint, show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.home import Home

_LARGEST_KEYS = 64 * 1024


@click.command("add")
@click.argument("url", metavar="URL")
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="VKEY", help="One of its verifier keys; repeatable."
)
@click.option(
    "--vkeys",
    "file",
    type=options.input_file(),
    metavar="FILE",
    help="Its verifier keys, one a line.",
)
@click.option("--name", help="How reports call it; else the address's host.")
@click.option(
    "--operator-run",
    is_flag=True,
    help="Whoever runs the ledger runs it too: it never counts as independent.",
)
@click.option(
    "--ed25519-only",
    is_flag=True,
    help="It takes small requests only: leave out the ledger's long signature.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1, 600),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="For one request.",
)
@place.home
@options.as_json
def command(
    url: str,
    vkeys: tuple[str, ...],
    file: Path | None,
    name: str | None,
    operator_run: bool,
    ed25519_only: bool,
    timeout: int,
    home: Path | None,
    json: bool,
) -> None:
    """Ask one more witness from now on.

    URL is its submission prefix. Only cosignatures of the keys given are kept; take them from the
    witness itself. Its operator needs the ledger's verifier keys, which trust.toml holds.

    The ledger's own trust policy names the witness too; whoever has another policy decides for
    themselves.
    """
    where = place.home_at(home)
    listed = place.witnesses(where)
    texts = (*vkeys, *_lines(file))
    if not texts:
        raise UsageError("A witness needs a verifier key.", hint="Give one with --vkey VKEY.")
    entry = WitnessEntry(
        name=name or _host(url),
        url=url,
        vkeys=tuple(dict.fromkeys(texts)),
        since=SystemClock().now().replace(microsecond=0),
        timeout=timeout,
        operator_run=operator_run,
        ed25519_only=ed25519_only,
    )
    _require_foreign(where, entry.vkeys)
    listed.added(entry).save(where.witnesses)
    trusted = _trust(where, entry)
    if json:
        show_json({"name": entry.name, "url": entry.url, "in_trust_policy": trusted})
        return
    show(safe_line(f"Seals ask the witness {entry.name} at {entry.url} from now on."))
    if trusted:
        show("The ledger's trust policy names it; hand that on again.")


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    text = read_whole(file, _LARGEST_KEYS).decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:63]
    except ValueError:
        return ""


def _require_foreign(home: Home, vkeys: tuple[str, ...]) -> None:
    """A ledger's own key is never a witness. Raises UsageError."""
    from evidence_ledger.adapters.keys.note_signer import open_note_signer

    paths = (home.log_key, home.log_cosigner)
    own = [VerifierKey.parse(open_note_signer(path).vkey) for path in paths]
    for key in map(VerifierKey.parse, vkeys):
        if any(key.key == one.key or key.name == one.name for one in own):
            raise UsageError("This is a key of the ledger itself, which is never its witness.")


def _trust(home: Home, entry: WitnessEntry) -> bool:
    try:
        add_witness(home.trust, entry.name, entry.vkeys, operator_run=entry.operator_run)
    except EvidenceError as error:
        hint(safe_line(f"The ledger's trust policy was left as it is: {error}"))
        return False
    return any(one.name == entry.name for one in read_trust(home.trust).witnesses)
