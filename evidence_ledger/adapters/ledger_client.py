"""A ledger that is served elsewhere, as a depositor reaches it over HTTP.

Only what was signed is sent: statement, signature, claims. Files leave this machine by ``upload``
alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from evidence_ledger.adapters.http_address import told_address, typed_address
from evidence_ledger.adapters.no_answer import no_answer
from evidence_ledger.adapters.time_limit import within
from evidence_ledger.core import canonical, disclosure, entry, statement
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.core.statement import origin as checked_origin
from evidence_ledger.errors import (
    EvidenceError,
    ServerAnswerInvalid,
    ServerRefused,
    ServerUnreachable,
)

if TYPE_CHECKING:
    import httpx

    from evidence_ledger.adapters.keys.request_signer import RequestSigner

CERTIFICATE = "application/vnd.etsi.asic-e+zip"
LARGEST_ANSWER = 1 << 20
LARGEST_CERTIFICATE = 1 << 30
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class ServedLedger:
    """What a statement has to name: origin, digests, and the newest checkpoint.

    ``keeps_files``: files can be uploaded there too.
    """

    origin: str
    digests: tuple[Algorithm, ...]
    after: TreePoint
    keeps_files: bool = False


@dataclass(frozen=True, slots=True)
class ServedClaims:
    """An entry with its statement, and the claims that were shown of it, by position."""

    entry: Entry
    leaf_hash: bytes
    statement: Statement
    claims: tuple[tuple[int, Claim], ...]


class LedgerClient:
    """Asks one server. Close it, or use it in ``with``.

    ``seconds`` is how long each request may take in all; without it, as long as bytes come. Raises
    UsageError for what is no address.
    """

    def __init__(self, url: str, seconds: float | None = None) -> None:
        import httpx

        self._url = typed_address(url)
        self._told = told_address(self._url)
        self._seconds = seconds
        self._client = httpx.Client(timeout=SECONDS)

    def __enter__(self) -> LedgerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def about(self) -> ServedLedger:
        """The ledger. Raises ServerUnreachable, ServerRefused, ServerAnswerInvalid."""
        with self._reading():
            return _served(json.loads(self._asked("GET", "/v1/ledger", LARGEST_ANSWER)))

    def deposit(self, signed: SignedStatement) -> bytes:
        """Hand in a statement; the certificate, when it is sealed. Repeatable.

        Raises ServerUnreachable, ServerRefused with the server's own code, ServerAnswerInvalid.
        """
        answer = self._asked(
            "POST",
            "/v1/deposits?wait=seal",
            LARGEST_CERTIFICATE,
            json.dumps(_form(signed)).encode(),
            {"Accept": CERTIFICATE, "Content-Type": "application/json"},
        )
        if not answer.startswith(b"PK"):
            raise ServerUnreachable(
                "The deposit is in the ledger, but is not sealed yet.",
                where=self._told,
                hint="Nothing is lost. Repeat the same command later for the certificate.",
            )
        return answer

    def document(self, path: str) -> object:
        """A JSON document of the server's. Raises what ``about`` raises, ServerAnswerInvalid."""
        try:
            found: object = json.loads(self._asked("GET", path, LARGEST_ANSWER))
        except (ValueError, RecursionError) as error:
            raise ServerAnswerInvalid(
                "The server does not answer with JSON.", where=self._told
            ) from error
        return found

    def certificate(self, index: int) -> bytes:
        """The certificate of an entry without claims. Raises what ``about`` raises."""
        return self._asked("GET", f"/v1/deposits/{index}/certificate", LARGEST_CERTIFICATE)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def hand_in(self, signed: SignedStatement) -> int:
        """Hand in a statement; the index of its entry, which is durable. Repeatable.

        Raises what ``deposit`` raises.
        """
        body = json.dumps(_form(signed)).encode()
        headers = {"Content-Type": "application/json"}
        with self._reading():
            told = json.loads(self._asked("POST", "/v1/deposits", LARGEST_ANSWER, body, headers))
            return _number(told["index"])

    def entry(self, index: int) -> tuple[Entry, bytes]:
        """An entry and its leaf hash. Raises what ``about`` raises."""
        with self._reading():
            told = json.loads(self._asked("GET", f"/v1/deposits/{index}", LARGEST_ANSWER))
            return _entry(told["entry"], index)

    def is_erased(self, index: int) -> bool:
        """Whether the server says that an entry's documents were erased. Raises what ``about``
        raises."""
        told = self.document(f"/v1/deposits/{index}")
        return isinstance(told, dict) and told.get("erased") is True

    def named_by(self, index: int) -> list[dict[str, object]]:
        """The later entries that name an entry, as the server says; see ``mentions``.

        Raises what ``about`` raises.
        """
        with self._reading():
            told = json.loads(self._asked("GET", f"/v1/deposits/{index}", LARGEST_ANSWER))
            return [_mention(one) for one in told.get("named_by", [])]

    def claims(self, index: int, reader: RequestSigner) -> ServedClaims:
        """The claims of an entry that whoever signs the request may read, proved by the entry.

        Raises what ``about`` raises; ServerRefused where that are none.
        """
        path = f"/v1/deposits/{index}/claims"
        headers = dict(reader.fields("GET", self._url + path))
        with self._reading():
            told = json.loads(self._asked("GET", path, LARGEST_CERTIFICATE, headers=headers))
            return _claims(told, index)

    def upload(
        self, index: int, number: int, chunks: Iterable[bytes], depositor: RequestSigner
    ) -> None:
        """Send the file ``file/N`` of an entry, in a request that its depositor signs.

        Raises what ``about`` raises; ServerRefused where none are kept.
        """
        path = f"/v1/deposits/{index}/files/{number}"
        headers = dict(depositor.fields("PUT", self._url + path))
        self._asked("PUT", path, LARGEST_ANSWER, chunks, headers)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is in an answer is read within. Raises ServerAnswerInvalid for what is none."""
        try:
            yield
        except (ServerUnreachable, ServerRefused):
            raise
        except (ValueError, TypeError, KeyError, RecursionError, EvidenceError) as error:
            raise ServerAnswerInvalid(
                "The server does not answer as a ledger does.", where=self._told
            ) from error

    def _asked(
        self,
        method: str,
        path: str,
        largest: int,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        import httpx

        client = self._client

        def asked() -> tuple[httpx.Response, bytes]:
            address = self._url + path
            with client.stream(method, address, content=body, headers=headers) as response:
                return response, _limited(response, largest)

        try:
            response, data = (
                asked()
                if self._seconds is None
                else within(self._seconds, asked, lambda: self._break_off(client))
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ServerUnreachable(
                f"The server did not answer: {no_answer(error)}.", where=self._told
            ) from error
        if not response.is_success:
            raise _refusal(response.status_code, data, self._told)
        return data

    def _break_off(self, client: httpx.Client) -> None:
        import httpx

        self._client = httpx.Client(timeout=SECONDS)
        client.close()


def _limited(response: httpx.Response, largest: int) -> bytes:
    data = bytearray()
    for part in response.iter_bytes():
        data += part
        if len(data) > largest:
            raise ServerAnswerInvalid(f"The answer has more than {largest:,} bytes.")
    return bytes(data)


INTERNAL_ERROR = 500
_OPERATORS = "Its operator has to mend that. Nothing is lost: repeat the same command later."


def _refusal(status: int, data: bytes, url: str) -> ServerRefused:
    """The server's own problem document (RFC 9457), as far as it is one."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = {}
    members = told if isinstance(told, dict) else {}
    detail, hint, code = (members.get(name) for name in ("detail", "hint", "code"))
    says = detail if isinstance(detail, str) else f"The server answered {status}."
    if not isinstance(hint, str):
        hint = _OPERATORS if status >= INTERNAL_ERROR else None
    return ServerRefused(
        says[:1000],
        where=url,
        hint=hint[:1000] if hint else None,
        server_code=code[:100] if isinstance(code, str) else None,
    )


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("index")
    return value


def _entry(text: str, index: int) -> tuple[Entry, bytes]:
    data = text.encode()
    found = entry.parse(data)
    if found.index != index:
        raise ValueError("index")
    return found, entry.leaf_hash(data)


def _mention(told: dict[str, Any]) -> dict[str, object]:
    signer = told["signer"]
    if signer is not None:
        canonical.hex_bytes(signer, 32, where="signer")
    if not entry.KIND.fullmatch(told["kind"]):
        raise ValueError("kind")
    canonical.time_of(told["received"], where="received", microseconds=True)
    index = _number(told["index"])
    return {"index": index, "kind": told["kind"], "received": told["received"], "signer": signer}


def _claims(told: dict[str, Any], index: int) -> ServedClaims:
    found, leaf = _entry(told["entry"], index)
    data = told["statement"].encode()
    if hashlib.sha256(data).digest() != found.statement:
        raise ValueError("statement")
    stated = statement.parse(data)
    shown = [
        DisclosedClaim(_number(one["position"]), one["claim"].encode(), _path(one))
        for one in told["claims"]
    ]
    return ServedClaims(found, leaf, stated, tuple(disclosure.proved(shown, stated.claims)))


def _path(one: dict[str, Any]) -> tuple[bytes, ...] | None:
    path = one.get("path")
    if path is None:
        return None
    return tuple(canonical.hex_bytes(step, 32, where="path") for step in path)


def _served(told: dict[str, Json]) -> ServedLedger:
    after = cast("dict[str, Json]", told["after"])
    size = after["size"]
    if type(size) is not int or size < 0:
        raise ValueError("size")
    return ServedLedger(
        checked_origin(told["origin"]),
        tuple(Algorithm(one) for one in cast("list[str]", told["digests"])),
        TreePoint(size, canonical.hex_bytes(after["root"], 32, where="after.root")),
        told.get("keeps_files") is True,
    )


def _form(signed: SignedStatement) -> dict[str, object]:
    form: dict[str, object] = {
        "statement": signed.statement.decode(),
        "signature": base64.b64encode(signed.signature).decode(),
    }
    return form | ({"claims": [one.decode() for one in signed.claims]} if signed.claims else {})
