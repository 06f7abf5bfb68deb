"""The entry point. Ctrl-C is answered for from the first moment on, also while modules load."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line of this process."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run() -> int:
    from evidence_ledger.adapters.standard_streams import mend_streams

    mend_streams()
    from evidence_ledger_cli.program import program
    from evidence_ledger_cli.session import run

    if "_EVIDENCE_COMPLETE" in os.environ:
        program.main(prog_name="evidence")
    return run(sys.argv[1:])
