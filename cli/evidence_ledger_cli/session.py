"""One run of the command line, which answers for whatever happens: a sentence, an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from evidence_ledger.adapters.file_errors import blocked
from evidence_ledger.errors import EvidenceError, Interrupted, OutputUnwritable
from evidence_ledger_cli.output import show_error
from evidence_ledger_cli.program import program

BROKEN_PIPE = 141


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Everything that goes wrong is told before this returns."""
    try:
        code = _answered(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _abandon_output(BROKEN_PIPE)
    except OSError:
        return _abandon_output(OutputUnwritable.exit_code)
    return code


def _answered(arguments: Sequence[str]) -> int:
    json = _wants_json(arguments)
    try:
        return _invoke(arguments)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        return _tell_usage(error, json=json)
    except (KeyboardInterrupt, click.Abort):
        return show_error(Interrupted("Stopped."), json=json)
    except EvidenceError as error:
        return show_error(error, json=json)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 the last resort: no traceback may reach a user
        if _was_interrupted(error):
            return show_error(Interrupted("Stopped."), json=json)
        if isinstance(error, OSError) and (told := blocked(error)) is not None:
            return show_error(told, json=json)
        return _tell_crash(error, json=json)


def _invoke(arguments: Sequence[str]) -> int:
    # Not Command.main: it answers a broken pipe with 1, which here would mean FAILED.
    with program.make_context("evidence", list(arguments)) as context:
        code = program.invoke(context)
    return code if isinstance(code, int) else 0


def _wants_json(arguments: Sequence[str]) -> bool:
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in before


def _tell_usage(error: click.ClickException, *, json: bool) -> int:
    from evidence_ledger.errors import UsageError

    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "evidence"
    message = error.format_message()
    for said in ("a valid integer range", "a valid integer"):
        message = message.replace(said, "a whole number")
    return show_error(UsageError(message, hint=f"See: {path} --help"), json=json)


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: some code turns it into an error of its own."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _tell_crash(error: Exception, *, json: bool) -> int:
    from evidence_ledger_cli.crash import internal_error

    if os.environ.get("EVIDENCE_DEBUG") == "1":
        raise error
    return show_error(internal_error(error), json=json)


def _abandon_output(code: int) -> int:
    """Nobody reads standard output, or it can't be written: end with no code of a verdict."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
    return code
