"""Evidence against an operator, as commands write it."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.errors import OutputExists
from evidence_ledger_cli.output import hint, tell
from evidence_ledger_cli.safe_text import safe_name


def keep(found: Misbehaviour, path: Path) -> None:
    """Write the evidence, unless a file is there already. Raises OutputUnwritable."""
    try:
        write_new(path, found.encode())
    except OutputExists:
        tell(f"{safe_name(str(path))} is there already and was left as it is.")
        return
    tell(f"The evidence against the operator is in {safe_name(str(path))}")
    hint("Anyone checks it with: evidence verify FILE --vkey KEY-OF-THE-LEDGER. Tell others.")
