"""``evidence-server token``: API tokens for programs that read without a key."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.errors import UsageError

if TYPE_CHECKING:
    from evidence_ledger_server.access.tokens import Token, Tokens

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SCOPES = ("claims", "register")

PLACE = click.Path(path_type=Path, readable=False)
"""Whether it may be read is told when it is read."""

_config = click.option("--config", type=PLACE, help="A TOML file of settings.")
_home = click.option("--home", type=PLACE, help="The ledger's folder.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document, nothing else.")


@click.group("token")
def token() -> None:
    """API tokens. Each stands for one signer, and is shown once."""


@token.command("new")
@_config
@_home
@click.option(
    "--signer",
    required=True,
    metavar="SHA256",
    help="For whom it stands: the SHA-256 of the X.509 certificate, in hex.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    required=True,
    help="What it is for; repeatable.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True)
@click.option("--name", default="", help="What it is called in the list.")
@_json
def new(
    config: Path | None,
    home: Path | None,
    signer: str,
    scopes: tuple[str, ...],
    days: int,
    name: str,
    as_json: bool,
) -> None:
    """Make a token. It is shown now and never again."""
    from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
    from evidence_ledger_server.access.tokens import Scope

    if not _HEX.fullmatch(signer.lower()):
        raise UsageError("--signer must be 64 hexadecimal digits.")
    now = SystemClock().now().replace(microsecond=0)
    made, text = _tokens(config, home).make(
        bytes.fromhex(signer),
        [Scope(one) for one in dict.fromkeys(scopes)],
        name,
        now,
        now + timedelta(days=days),
        SystemEntropy(),
    )
    if as_json:
        click.echo(json.dumps(_document(made) | {"token": text}))
        return
    click.echo(text)
    click.echo(
        f"Good until {made.until:%Y-%m-%d}. Revoke it with: evidence-server token revoke {made.id}",
        err=True,
    )


@token.command("list")
@_config
@_home
@_json
def show(config: Path | None, home: Path | None, as_json: bool) -> None:
    """The tokens, without their secrets."""
    known = _tokens(config, home).all()
    if as_json:
        click.echo(json.dumps({"tokens": [_document(one) for one in known]}))
        return
    if not known:
        click.echo("There are no tokens.", err=True)
    for one in known:
        state = f"revoked {one.revoked:%Y-%m-%d}" if one.revoked else f"until {one.until:%Y-%m-%d}"
        scopes = ",".join(sorted(one.scopes))
        click.echo(f"{one.id}  {one.signer.hex()[:16]}…  {scopes}  {state}  {_safe(one.name)}")


@token.command("revoke")
@_config
@_home
@click.argument("identifier", metavar="ID")
def revoke(config: Path | None, home: Path | None, identifier: str) -> None:
    """Let a token count no more, at once and for all processes."""
    from evidence_ledger.adapters.clock import SystemClock

    _tokens(config, home).revoke(identifier, SystemClock().now())
    click.echo(f"The token {identifier} counts no more.")


def _tokens(config: Path | None, home: Path | None) -> Tokens:
    from evidence_ledger.adapters.home import Home
    from evidence_ledger.errors import LedgerNotFound
    from evidence_ledger_server.access.tokens import Tokens, tokens_in
    from evidence_ledger_server.config import load_config

    folder = load_config(config, os.environ, {"home": home}).home
    if not Home(folder).settings.exists():
        raise LedgerNotFound("There is no ledger.", where=str(folder))
    return Tokens(tokens_in(folder))


def _document(one: Token) -> dict[str, object]:
    from evidence_ledger.core.canonical import time_text

    return {
        "id": one.id,
        "signer": one.signer.hex(),
        "scopes": sorted(one.scopes),
        "name": one.name,
        "made": time_text(one.made),
        "until": time_text(one.until),
        "revoked": None if one.revoked is None else time_text(one.revoked),
    }


def _safe(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
