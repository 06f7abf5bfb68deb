"""One more timestamp authority in a trust policy's file; the rest stays as its owner wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.adapters.trust_text import authority_text
from evidence_ledger.core import trust_policy


def add_authority(path: Path, name: str, roots: Sequence[bytes], *, independent: bool) -> None:
    """Name an authority with its DER roots at the end of the policy, unless it is there so.

    Raises FileUnreadable, OutputUnwritable, FormatError, NewerFormat.
    """
    known = read_trust(path).authorities
    if any(one.name == name and one.roots == tuple(roots) for one in known):
        return
    with input_errors(path):
        text = path.read_text("utf-8")
    whole = f"{text.rstrip()}\n\n{authority_text(name, roots, independent=independent)}"
    trust_policy.parse(whole)
    durable_file.replace(path, whole.encode())
