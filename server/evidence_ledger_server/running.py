"""Running the application under uvicorn, in one process or several."""

from __future__ import annotations

import logging.config
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from evidence_ledger.errors import ServerCannotListen
from evidence_ledger_server.application import Application, make_application
from evidence_ledger_server.bounded_http import BoundedHttp
from evidence_ledger_server.config import Config
from evidence_ledger_server.log_lines import LOGGING
from evidence_ledger_server.service import Service

_HANDED_ON = "EVIDENCE_SERVER_HANDED_ON"


def serve(config: Config) -> None:
    """Serve until a signal says to stop. Raises what opening the ledger raises."""
    _require_free(config.host, config.port)
    Service(config).close()
    with tempfile.TemporaryDirectory(prefix="evidence-server-") as folder:
        if config.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        os.environ[_HANDED_ON] = _handed_on(config).model_dump_json()
        uvicorn.run(
            "evidence_ledger_server.running:worker",
            factory=True,
            host=config.host,
            port=config.port,
            workers=config.workers,
            log_config=dict(LOGGING),
            access_log=False,
            server_header=False,
            http=BoundedHttp,
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=list(config.trusted_proxies),
            timeout_graceful_shutdown=int(config.stop_timeout),
            ssl_certfile=config.tls_certificate,
            ssl_keyfile=config.tls_key,
        )


def _require_free(host: str, port: int) -> None:
    """Before anything is opened. Raises ServerCannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, UnicodeError) as error:
        code = None if isinstance(error, (socket.gaierror, UnicodeError)) else error.errno
        reason = "no such address" if code is None else os.strerror(code).lower()
        raise ServerCannotListen(f"{host}, port {port}, can't be used: {reason}.") from error


def _handed_on(config: Config) -> Config:
    """The settings for the processes; a password goes where libpq looks for it."""
    database = config.postgresql
    if database is None:
        return config
    if database.password is not None:
        os.environ["PGPASSWORD"] = database.password
    return config.model_copy(update={"database": database.address})


def worker() -> Application:
    """The application of one process, with the settings that ``serve`` handed on."""
    logging.config.dictConfig(dict(LOGGING))
    # The thread that commits gets its turn soon, however busy the one is that serves.
    sys.setswitchinterval(0.001)
    return make_application(Config.model_validate_json(os.environ[_HANDED_ON]))


def checked(config: Config) -> Iterator[str]:
    """What would be served. Raises what opening the ledger raises."""
    service = Service(config)
    try:
        ledger = service.place.ledger
        yield f"ledger    {ledger.origin}, {ledger.store.head().size:,} entries"
        yield f"folder    {Path(config.home)}"
        yield f"database  {service.place.database.place}"
        yield f"policy    {config.trust}: {service.trust.name}"
        scheme = "https" if config.tls_certificate else "http"
        count = "1 process" if config.workers == 1 else f"{config.workers} processes"
        yield f"address   {scheme}://{config.host}:{config.port}, {count}"
        seconds = "second" if config.seal_every == 1 else f"{config.seal_every:g} seconds"
        rhythm = f"every {seconds}" if config.seal else "elsewhere"
        yield f"page      {'at /check' if config.page else 'none'}"
        yield f"seals     {rhythm}"
        yield f"files     {config.files or 'none are taken'}"
        register = ledger.registrar.at(ledger.store.head().size)
        allowed = "those who are enrolled" if register.closed else "everybody"
        yield f"deposits  by {allowed}"
        yield f"known as  {config.public_url or 'what Host says: signed requests need public_url'}"
    finally:
        service.close()
