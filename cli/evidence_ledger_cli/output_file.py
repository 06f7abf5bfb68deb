"""Where a command writes, looked at before there is anything to write."""

from __future__ import annotations

import os
from pathlib import Path

from evidence_ledger.errors import OutputExists, OutputUnwritable


def require_free(path: Path) -> None:
    """Raises OutputExists, and OutputUnwritable where the folder takes no file."""
    if os.path.lexists(path):
        raise OutputExists(f"{path.name} is there already.", where=str(path))
    if not path.parent.is_dir():
        raise OutputUnwritable("There is no such folder.", where=str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise OutputUnwritable("You may not write in this folder.", where=str(path.parent))
