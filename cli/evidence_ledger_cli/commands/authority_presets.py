"""``evidence authority presets``"""

from __future__ import annotations

import click

from evidence_ledger.adapters.timestamping.presets import presets
from evidence_ledger_cli import options
from evidence_ledger_cli.output import hint, show, show_json


@click.command("presets")
@options.as_json
def command(json: bool) -> None:
    """Well-known public authorities.

    Where a sha256 is shown, the root X.509 certificate is known by it; else it comes from the
    authority itself, with --roots.
    """
    known = presets().values()
    if json:
        show_json({"presets": [one.to_json() for one in known]})
        return
    for one in known:
        show(f"{one.name:<12} {one.url or 'no public address'}")
        for label, texts in (("root", one.roots), ("sha256", one.sha256), ("note", one.quirks)):
            for text in texts:
                show(f"{'':<12} {label:<8} {text}")
    hint("Add one with: evidence authority add NAME; where no sha256 is shown, with --roots too")
