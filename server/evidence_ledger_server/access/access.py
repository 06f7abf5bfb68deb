"""The check of who asks: a signed request (RFC 9421), or an API token (RFC 6750)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request

from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import INPUT, SIGNATURE, check_request
from evidence_ledger.core.identity import Identity
from evidence_ledger.errors import FormatError, Refused, Undecided
from evidence_ledger.ports import Clock, NonceMemory
from evidence_ledger_server.access.caller import Caller
from evidence_ledger_server.access.nonces import FileNonces
from evidence_ledger_server.access.tokens import PREFIX, Tokens, tokens_in
from evidence_ledger_server.body import Room, read_body
from evidence_ledger_server.problem import Problem

LARGEST_BODY = 64 * 1024
"""Bytes of the body of a request that reads."""
SECONDS = 10.0
_SCHEME = "bearer "


class Access:
    """Says who asks. ``home`` has ``tokens.sqlite``, and ``nonces.sqlite`` unless others are given.

    ``public_url`` is the address under which clients know this server; without one, what they
    say in ``Host`` is taken for it.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        window: float,
        public_url: str,
        room: Room,
        nonces: NonceMemory | None = None,
    ) -> None:
        self._nonces: NonceMemory = nonces or FileNonces(home / "nonces.sqlite")
        self._tokens = Tokens(tokens_in(home))
        self._clock = clock
        self._window = timedelta(seconds=window)
        self._public = urlsplit(public_url)
        self._room = room

    @staticmethod
    def is_claimed(request: Request) -> bool:
        """Whether a request says who asks, in one of the ways that are known here.

        What else is in ``Authorization`` may be for a proxy in front.
        """
        told = request.headers.get("authorization", "").lower()
        is_signed = INPUT in request.headers or SIGNATURE in request.headers
        return is_signed or told.startswith(_SCHEME + PREFIX)

    async def caller(self, request: Request) -> Caller:
        """Who asks. Raises Problem (401; 400, 408 and 413 for the body)."""
        body = await read_body(request, LARGEST_BODY, SECONDS, self._room)
        if INPUT in request.headers or SIGNATURE in request.headers:
            return await asyncio.to_thread(self._signed, self._seen(request), body)
        told = request.headers.getlist("authorization")
        if told:
            return await asyncio.to_thread(self._borne, told)
        raise _unknown("access.unsigned", "This is not for everybody: say who asks.")

    async def uploader(self, request: Request) -> Caller:
        """Who uploads a file: by a signed request without ``content-digest``, no token.

        The body is not read here: the ledger knows its digest. Raises Problem (401).
        """
        if INPUT in request.headers or SIGNATURE in request.headers:
            return await asyncio.to_thread(self._signed, self._seen(request), b"")
        raise _unknown("access.unsigned", "An upload is signed by its depositor.")

    def _signed(self, request: HttpRequest, body: bytes) -> Caller:
        now = self._clock.now()
        try:
            found = check_request(request, body, now, self._window)
        except (Refused, FormatError, Undecided) as error:
            raise _unknown(error.reason, error.message, error.hint) from error
        signer = found.certificate.sha256
        until = found.created + self._window
        if not self._nonces.take(signer, found.nonce, now, until):
            raise _unknown("access.replayed", "This signed request was made before.")
        return Caller(signer, Identity(found.certificate.raw, found.others))

    def _borne(self, told: Sequence[str]) -> Caller:
        text = told[0][len(_SCHEME) :].strip(" ")
        is_bearer = len(told) == 1 and told[0].lower().startswith(_SCHEME)
        token = self._tokens.find(text if is_bearer else "", self._clock.now())
        if token is None:
            raise _unknown("access.token", "The token is none that counts here.")
        return Caller(token.signer, scopes=token.scopes)

    def _seen(self, request: Request) -> HttpRequest:
        """The request as its sender wrote it, as far as that is known here."""
        scope = request.scope
        path, query = scope.get("raw_path", b""), scope["query_string"]
        return HttpRequest(
            scope["method"],
            self._public.scheme or scope["scheme"],
            self._public.netloc or request.headers.get("host", ""),
            self._public.path.rstrip("/") + path.decode("latin-1"),
            query.decode("latin-1") if query else None,
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        )


def _unknown(code: str, detail: str, hint: str | None = None) -> Problem:
    """Nobody knows who asks (401), and how it is said (RFC 9421, section 5; RFC 6750)."""
    headers = {
        "WWW-Authenticate": 'Bearer realm="evidence"',
        "Accept-Signature": 'sig=("@method" "@target-uri");created;keyid;nonce',
    }
    help_ = hint or "Sign the request (docs/access.md), or send a token of this server."
    return Problem(401, code, detail, help_, headers=headers)
