"""The three standard streams, there in every process, also where its parent closed them.

A file that is opened next gets the number of a closed stream, and what is then written to standard
output would go into it.
"""

from __future__ import annotations

import os
import sys


def mend_streams() -> None:
    """Put something harmless into the place of each stream that is closed.

    Standard input is empty then. What is written to standard output fails, as nobody gets the
    result; what is written to standard error is lost. No character stops either of them.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), "r", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(_unwritable(), "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _unwritable() -> int:
    return os.open(os.devnull, os.O_RDONLY)
