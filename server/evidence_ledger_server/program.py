"""The command ``evidence-server``."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from evidence_ledger import __version__
from evidence_ledger.adapters.file_errors import blocked, why
from evidence_ledger.adapters.standard_streams import mend_streams
from evidence_ledger.core.counting import counted
from evidence_ledger.errors import EvidenceError, OperationalError, OutputUnwritable
from evidence_ledger_server.token_commands import PLACE, token

NAME = "evidence-server"
BROKEN_PIPE = 141
# What stands in the way of standard output, which has no name.
_OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


@click.group(name=NAME)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
def program() -> None:
    """Serve a ledger over HTTP: deposits, certificates, checks, and the log's own files."""


def _settings(function: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option(
            "--config",
            type=PLACE,
            help="A TOML file of settings.",
        ),
        click.option("--home", type=PLACE, help="The ledger's folder."),
        click.option("--database", help="A postgresql:// address; else what the home says."),
        click.option("--host", help="The address to listen at; else 127.0.0.1."),
        click.option("--port", type=int, help="The port; else 8440."),
        click.option("--workers", type=int, help="Processes; else 1."),
    ):
        function = option(function)
    return function


@program.command("run")
@_settings
def run(config: Path | None, **flags: object) -> None:
    """Serve until told to stop. What was begun is finished; nothing acknowledged is lost."""
    from evidence_ledger_server.config import load_config
    from evidence_ledger_server.running import serve

    serve(load_config(config, os.environ, flags))


@program.group("config")
def settings() -> None:
    """The settings."""


@settings.command("check")
@_settings
def check(config: Path | None, **flags: object) -> None:
    """Read the settings, open the ledger, and say what would be served."""
    from evidence_ledger_server.config import load_config
    from evidence_ledger_server.running import checked

    for line in checked(load_config(config, os.environ, flags)):
        click.echo(line)


@program.command("export-static")
@_settings
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, readable=False))
def export(config: Path | None, folder: Path, **flags: object) -> None:
    """Write the log's own files into FOLDER, for object storage or a CDN; only what is new.

    The checkpoint comes last: whoever reads the copy meanwhile finds all that it names.
    """
    from evidence_ledger_server.config import load_config
    from evidence_ledger_server.static_copy import write_copy

    found = load_config(config, os.environ, flags)
    written, size = write_copy(found.home, folder, found.postgresql)
    files, entries = counted(written, "new file"), counted(size, "entry", "entries")
    click.echo(f"{files}; published in {folder}: {entries}")


program.add_command(token)


_SERVING = frozenset(
    {
        *("fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "httptools"),
        *("python_multipart", "multipart", "prometheus_client"),
    }
)


def main() -> NoReturn:
    """Run the command line of this process."""
    mend_streams()
    try:
        _invoke(sys.argv[1:])
        sys.stdout.flush()
    except EvidenceError as error:
        _tell(str(error), error.hint, error.exit_code)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.ClickException as error:
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else NAME
        _tell(error.format_message(), f"See: {path} --help", 2)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _SERVING:
            raise
        _tell(
            "The part that serves HTTP is not installed.",
            "Install it with: pip install 'evidence-ledger[server]'",
            2,
        )
    except BrokenPipeError:
        _abandon_output()
        sys.exit(BROKEN_PIPE)
    except OSError as error:
        _abandon_output()
        told = blocked(error) or _system_error(error)
        _tell(str(told), told.hint, told.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    sys.exit(0)


def _invoke(arguments: Sequence[str]) -> None:
    # Not Command.main: it answers a broken pipe with 1.
    with program.make_context(NAME, list(arguments)) as context:
        program.invoke(context)


def _system_error(error: OSError) -> EvidenceError:
    if error.errno in _OUTPUT:
        return OutputUnwritable(f"The result can't be written: {why(error)}.")
    return OperationalError(f"The operating system stopped this: {why(error)}.")


def _abandon_output() -> None:
    """What waits to be written would fail again when the process ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _tell(says: str, hint: str | None, code: int) -> NoReturn:
    click.echo(f"error: {says}", err=True)
    if hint:
        click.echo(f"hint: {hint}", err=True)
    sys.exit(code)
