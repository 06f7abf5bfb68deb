"""A witness behind HTTP: one process, one thread that writes, stopped without losing an answer."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from evidence_ledger.errors import OutputUnwritable, UsageError, WitnessCannotListen
from evidence_ledger_cli.output import tell
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.witness.service import Outcome
    from evidence_ledger.witness_assembly import OpenWitness

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: a log asks again with its next seal."""

STOPPING = 10
"""Seconds that a request may still take once the witness is told to stop."""

MOST_CONNECTIONS = 512


def serve(witness: OpenWitness, host: str, port: int) -> None:
    """Answer until the process is told to stop. Raises UsageError, WitnessCannotListen."""
    try:
        import uvicorn
    except ImportError as error:
        raise UsageError(
            "The part that serves HTTP is not installed.",
            hint="Install it with: pip install 'evidence-ledger[server]'",
        ) from error
    from evidence_ledger.adapters.witness.http import WitnessApp

    with _listening(host, port) as listener:
        config = uvicorn.Config(
            WitnessApp(witness.service, _tell),
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=STOPPING,
        )
        _stop_calmly()
        host, port = listener.getsockname()[:2]
        tell(safe_line(f"{witness.name} listens at {host}, port {port}"))
        uvicorn.Server(config).run(sockets=[listener])
        tell("The witness has stopped.")


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, UnicodeError) as error:
        code = None if isinstance(error, (socket.gaierror, UnicodeError)) else error.errno
        reason = "no such address" if code is None else os.strerror(code).lower()
        raise WitnessCannotListen(f"{host}, port {port}, can't be used: {reason}.") from error


def _stop_calmly() -> None:
    """The server finishes what has begun, then raises the signal again for whoever was before."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGINT, lambda *_: None)


def _tell(outcome: Outcome) -> None:
    """One line for each answer. Only the origin of a log that is served is repeated."""
    parts = [str(outcome.answer.status), outcome.origin or "-", outcome.reason or "cosigned"]
    # Where nobody can read the line, the log still gets its answer.
    with suppress(OSError, OutputUnwritable):
        tell(safe_line(" ".join(parts)))
