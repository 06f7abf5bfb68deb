"""A mistake in this program: one calm sentence for the user, the details in a file."""

from __future__ import annotations

import platform
import tempfile
import traceback

from evidence_ledger.errors import InternalError
from evidence_ledger_cli import __version__


def internal_error(error: BaseException) -> InternalError:
    """Write the details of ``error`` to a file of its own and say where it is.

    The file holds no values of variables, but the message may name files.
    """
    sentence = "This program made a mistake. Nothing was decided"
    try:
        return InternalError(f"{sentence}; the details are in {_written(error)}")
    except OSError:
        return InternalError(f"{sentence}.", hint="Repeat the command with EVIDENCE_DEBUG=1.")


def _written(error: BaseException) -> str:
    with tempfile.NamedTemporaryFile(
        "w",
        prefix="evidence-error-",
        suffix=".txt",
        delete=False,
        encoding="utf-8",
        errors="backslashreplace",
    ) as file:
        file.write(f"evidence {__version__}, Python {platform.python_version()}, ")
        file.write(f"{platform.platform()}\n\n")
        file.write("".join(traceback.format_exception(error)))
        return file.name
