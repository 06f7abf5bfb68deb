"""The entries that a statement names, in words (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evidence_ledger.core.statement import Reference

MOST_NAMED: Final = 10
"""So many are listed in a sentence; of more, how many."""


def about_text(refs: Sequence[Reference]) -> str:
    """The end of a sentence: `` about entry 3, …`` behind a comma; empty where none is named."""
    if not refs:
        return ""
    if len(refs) == 1:
        return f", about entry {refs[0].index}, whose hash it names: {refs[0].leaf.hex()}"
    numbers = ", ".join(str(ref.index) for ref in refs[:MOST_NAMED])
    more = f" and {len(refs) - MOST_NAMED} more" if len(refs) > MOST_NAMED else ""
    return f", about entries {numbers}{more}, whose hashes it names"
