"""A log of a witness as commands show it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.canonical import time_text
from evidence_ledger_cli.output import hint, show
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.witness.logs import LogState


WIDEST = 200
"""Characters of a verifier key that is shown whole: one of ML-DSA-44 has 1,800."""


def tell_keys(vkeys: Sequence[str]) -> None:
    """The witness's own keys, as lines; of a long one its name and ID."""
    for vkey in vkeys:
        name, identifier, _ = vkey.split("+", 2)
        short = f"{name}+{identifier}+…  (ML-DSA-44, {len(vkey):,} characters)"
        show(safe_line(f"  vkey   {vkey if len(vkey) <= WIDEST else short}"))


def document(state: LogState) -> dict[str, object]:
    """A log as JSON values."""
    seen, trouble = state.checkpoint, state.trouble
    return {
        "origin": state.log.origin,
        "url": state.log.url,
        "vkeys": [key.encode() for key in state.log.keys],
        "size": None if seen is None else seen.size,
        "root": None if seen is None else b64encode(seen.root).decode(),
        "cosigned": None if state.moment is None else time_text(state.moment),
        "forks": state.forks,
        "trouble": None if trouble is None else trouble.reason,
    }


def tell(state: LogState) -> None:
    """A log as lines; what stands in the way goes with a hint."""
    show(safe_line(state.log.origin))
    if state.checkpoint is None or state.moment is None:
        show("  nothing cosigned yet")
    else:
        show(f"  size   {state.checkpoint.size}")
        show(f"  root   {b64encode(state.checkpoint.root).decode()}")
        show(f"  time   {time_text(state.moment)}")
    if state.forks:
        show(f"  forks  {state.forks}: this log signed two histories; the proofs are in forks/")
    if state.trouble is not None:
        show(safe_line(f"  NOT SIGNING: {state.trouble.message}"))
        hint(safe_line(state.trouble.hint or "See: evidence witness resume --help"))
