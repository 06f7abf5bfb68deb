"""``evidence witness run``"""

from __future__ import annotations

from pathlib import Path

import click

from evidence_ledger_cli import witness_place


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8053,
    show_default=True,
    help="The port; 0 for any that is free.",
)
@witness_place.home
def command(host: str, port: int, home: Path | None) -> None:
    """Answer logs that ask for a cosignature.

    Serves POST /add-checkpoint, GET /<SHA-256 of a log's origin>/checkpoint and GET /health over
    plain HTTP; put a web server with TLS in front. Every answer is told on standard error. Stop it
    with Ctrl-C or SIGTERM: what has begun is finished first.
    """
    from evidence_ledger_cli.witness_server import serve

    with witness_place.opened(home) as witness:
        serve(witness, host, port)
