"""What a client is told when a request is not served (RFC 9457), with the command line's codes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from evidence_ledger.errors import (
    ActRefused,
    ClockBehind,
    EntryErased,
    EvidenceError,
    FormatError,
    HeadMoved,
    LedgerFull,
    LedgerLocked,
    LedgerMoved,
    LedgerReadOnly,
    LedgerUnavailable,
    NoSuchEntry,
    NotAllowed,
    NotSealed,
    Refused,
    Undecided,
    UsageError,
)

logger = logging.getLogger("evidence.problems")
TYPE = "urn:evidence-ledger:problem:"
MEDIA_TYPE = "application/problem+json"

STATUS: tuple[tuple[type[EvidenceError], int, int | None], ...] = (
    (FormatError, 400, None),
    (UsageError, 400, None),
    (Refused, 422, None),
    (Undecided, 422, None),
    (ActRefused, 422, None),
    (NotAllowed, 403, None),
    (NoSuchEntry, 404, None),
    (EntryErased, 410, None),
    (NotSealed, 409, 5),
    (LedgerFull, 507, 60),
    (LedgerLocked, 503, 1),
    (LedgerReadOnly, 503, 60),
    (LedgerUnavailable, 503, 1),
    (LedgerMoved, 503, 60),
    (HeadMoved, 503, 1),
    (ClockBehind, 503, 60),
)
"""Status and seconds after which to try again, by kind of error; everything else is 500."""


class Problem(Exception):
    """A refusal of the server itself. ``code`` is stable; ``retry`` is in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        hint: str | None = None,
        retry: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.hint, self.retry = hint, retry
        self.headers = dict(headers or {})
        if retry is not None:
            self.headers["Retry-After"] = str(retry)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """So that a problem found in another process arrives whole."""
        return Problem, (
            self.status,
            self.code,
            self.detail,
            self.hint,
            self.retry,
            self.headers,
        )

    @classmethod
    def of(cls, error: EvidenceError) -> Problem:
        """The same error, told over HTTP. Places on this machine are not told."""
        for kind, status, retry in STATUS:
            if isinstance(error, kind):
                where = (
                    error.where if status < 500 and not str(error.where).startswith("/") else None
                )
                detail = f"{error.message} ({where})" if where else error.message
                return cls(
                    status, error.reason, detail, error.hint if status < 500 else None, retry
                )
        return cls(500, error.reason, "The ledger can't answer this now. Its operator is told.")

    def response(self, request_id: str) -> Response:
        """The problem document."""
        document: dict[str, object] = {
            "type": TYPE + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "hint": self.hint,
            "instance": f"urn:uuid:{request_id}",
        }
        return Response(json.dumps(document), self.status, self.headers, MEDIA_TYPE)


def reported(error: EvidenceError, request_id: str) -> Problem:
    """The problem; what the client can't mend is logged for the operator, with its cause."""
    problem = Problem.of(error)
    if problem.status in (500, 507):
        told = {"request": request_id, "code": error.reason, "why": str(error)}
        logger.error("not answered", extra={"told": told})
    return problem


def too_large(limit: int) -> Problem:
    """The body has more than ``limit`` bytes."""
    return Problem(413, "http.too-large", f"At most {limit:,} bytes are taken here.")


def busy(detail: str) -> Problem:
    """More work than is taken on at once."""
    return Problem(503, "http.busy", detail, "Try again in a moment.", retry=1)


def mistake() -> Problem:
    """Where the server itself is wrong."""
    return Problem(500, "internal", "This server made a mistake. Nothing was decided.")
