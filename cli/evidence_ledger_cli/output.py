"""What goes where: results to standard output, everything else to standard error.

With ``--json``, standard output holds exactly one JSON document, also when something went wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

import click

from evidence_ledger.adapters.file_errors import why
from evidence_ledger.errors import EvidenceError, OutputUnwritable
from evidence_ledger_cli.safe_text import safe_line


def show(text: str = "") -> None:
    """A line of the result. Raises OutputUnwritable."""
    _write(sys.stdout, text)


def show_json(document: Mapping[str, object]) -> None:
    """The one JSON document, in ASCII, so that no terminal is led astray by it."""
    import json

    _write(sys.stdout, json.dumps(document, indent=2))


def tell(text: str) -> None:
    """A remark for whoever sits there."""
    _write(sys.stderr, text)


def hint(text: str) -> None:
    """What to do next."""
    tell(f"hint: {text}")


def styled(text: str, stream: TextIO | None = None, **style: bool | str) -> str:
    """``text`` in colour where ``stream`` is a terminal that wants it."""
    target = stream or sys.stdout
    if not target.isatty() or os.environ.get("NO_COLOR"):
        return text
    return click.style(text, **style)  # type: ignore[arg-type]  # click's keywords, one by one


def show_error(error: EvidenceError, *, json: bool) -> int:
    """Tell an error, as a pair of lines and, with ``json``, as the document. Its exit code."""
    try:
        tell(styled("error:", sys.stderr, fg="red", bold=True) + " " + safe_line(str(error)))
        if error.hint:
            hint(safe_line(error.hint))
        if json:
            show_json(error_document(error))
    except OSError:
        return error.exit_code
    except OutputUnwritable as unwritable:
        return unwritable.exit_code
    return error.exit_code


def error_document(error: EvidenceError) -> dict[str, object]:
    """An error as JSON values: ``{"error": {"code": …, "message": …, …}}``."""
    return {
        "error": {
            "code": error.reason,
            "message": safe_line(error.message),
            "where": None if error.where is None else safe_line(error.where),
            "hint": None if error.hint is None else safe_line(error.hint),
            "exit_code": error.exit_code,
        }
    }


def _write(stream: TextIO, text: str) -> None:
    try:
        click.echo(text, file=stream)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputUnwritable(f"The result can't be written: {why(error)}.") from error
