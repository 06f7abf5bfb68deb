"""The application: routes over a service, behind the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from evidence_ledger import __version__
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.config import Config
from evidence_ledger_server.gate import Gate
from evidence_ledger_server.openapi import described, methods_at
from evidence_ledger_server.pages.addresses import LED_TO
from evidence_ledger_server.pages.problem_page import refusal
from evidence_ledger_server.problem import Problem, mistake, reported
from evidence_ledger_server.routes import (
    access,
    deposits,
    files,
    fingerprints,
    ledger,
    log_files,
    pages,
    signers,
    verification,
)
from evidence_ledger_server.service import Service
from evidence_ledger_server.shortcut import Shortcut

ROUTERS = (
    access.router,
    deposits.router,
    files.router,
    fingerprints.router,
    ledger.router,
    log_files.router,
    signers.router,
    verification.router,
)


class Application:
    """One process of the server (ASGI). The service is opened when the server starts."""

    def __init__(self, open_service: Callable[[], Service], *, page: bool = True) -> None:
        self._open = open_service
        self.api = FastAPI(
            title="Evidence ledger",
            version=__version__,
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
        )
        for router in (*ROUTERS, *[pages.router] * page):
            self.api.include_router(router)
        self.api.add_exception_handler(EvidenceError, _told)
        self.api.add_exception_handler(Problem, _told)
        self.api.add_exception_handler(HTTPException, _told)
        self.api.add_exception_handler(RequestValidationError, _told)
        self.api.add_exception_handler(Exception, _mistaken)
        self.api.openapi_schema = described(self.api)
        self._gate: Gate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        await (self._gate or self.api)(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, api: FastAPI) -> AsyncIterator[None]:
        service = self._open()
        api.state.service = service
        self._gate = Gate(Shortcut(api), service)
        service.start()
        try:
            yield
        finally:
            await service.stop()


def make_application(config: Config) -> Application:
    """The application of these settings."""
    return Application(lambda: Service(config), page=config.page)


async def _told(request: Request, error: Exception) -> Response:
    problem = _problem(error, request.state.request_id)
    if problem.status == 405 and (methods := _methods(request)):
        problem.headers["Allow"] = ", ".join(methods)  # those of all routes there, not of one
    return _refused(request, problem)


def _methods(request: Request) -> Sequence[str]:
    path = request.url.path
    return LED_TO.get(path) or methods_at(request.app.openapi_schema, path)


async def _mistaken(request: Request, _: Exception) -> Response:
    """The framework raises the error again, for the gate to log."""
    return _refused(request, mistake())


def _refused(request: Request, problem: Problem) -> Response:
    state = request.state
    return refusal(problem, state.request_id, as_page=state.as_page)


ADDRESSES = "GET /openapi.json lists the addresses of a ledger's server."


def _problem(error: Exception, request_id: str) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, EvidenceError):
        return reported(error, request_id)
    if isinstance(error, HTTPException):
        code = f"http.{error.status_code}"
        if error.status_code == HTTPStatus.NOT_FOUND:
            return Problem(404, code, "There is nothing at this address.", ADDRESSES)
        return Problem(error.status_code, code, f"{error.detail}.", headers=error.headers)
    return Problem(400, "http.parameter", "A part of the address is not what it must be.")
