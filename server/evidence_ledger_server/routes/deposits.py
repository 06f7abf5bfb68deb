"""``/v1/deposits``: hand in signed statements, look entries up, fetch certificates."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from hashlib import sha256

from fastapi import APIRouter, Request, Response

from evidence_ledger.core import canonical, entry, statement
from evidence_ledger.core.chain import Admission
from evidence_ledger.desk import fill
from evidence_ledger.errors import EvidenceError, NotSealed
from evidence_ledger.ledger import Receipt
from evidence_ledger.mentions import mentions_of
from evidence_ledger.ports import Store
from evidence_ledger_server.access.reading import known_caller, readable
from evidence_ledger_server.body import read_body
from evidence_ledger_server.checker import Checked
from evidence_ledger_server.group_commit import Outcome
from evidence_ledger_server.openapi import CERTIFICATE as HELD
from evidence_ledger_server.openapi import DEPOSIT, DEPOSITED, ENTRY, KNOWN_OR_NOT
from evidence_ledger_server.problem import Problem
from evidence_ledger_server.routes.parameters import Index
from evidence_ledger_server.service import Service

CERTIFICATE = "application/vnd.etsi.asic-e+zip"

router = APIRouter()


@router.post("/v1/deposits", openapi_extra=DEPOSIT, status_code=201, responses=DEPOSITED)
async def deposit(request: Request) -> Response:
    """Enter one signed statement, or a batch. Answers when they are durable.

    ``?wait=seal`` answers when the seal is there too. With ``Accept:
    application/vnd.etsi.asic-e+zip`` and one deposit, the answer is then the certificate.
    The same bytes again give the same answer.
    """
    service: Service = request.app.state.service
    config = service.config
    body = await read_body(request, config.largest_deposit, config.read_timeout, service.room)
    wait = _wanted_wait(request)
    checked = await service.checked(body)
    outcomes = await _committed(service, checked.deposits)
    sealed = await _sealed(service, outcomes) if wait else None
    if not checked.is_batch and isinstance(outcomes[0], EvidenceError):
        raise outcomes[0]
    if sealed and not checked.is_batch and request.headers.get("accept") == CERTIFICATE:
        return await _certificate(service, checked, outcomes[0])
    return _answer(checked, outcomes, sealed=sealed)


def _wanted_wait(request: Request) -> bool:
    wait = request.query_params.get("wait")
    if wait not in (None, "seal"):
        raise Problem(400, "http.query", "The only thing to wait for is wait=seal.")
    return wait == "seal"


async def _committed(
    service: Service, checked: Sequence[Admission | EvidenceError]
) -> list[Outcome]:
    sound = [one for one in checked if isinstance(one, Admission)]
    # The same statement several times is one deposit.
    for one in {one.statement: one for one in sound}.values():
        service.deposits.take(one.signer.hex())
        service.deposit_bytes.take(one.signer.hex(), _size(one))
    answers = iter(await service.commit.submit(sound) if sound else ())
    outcomes = [next(answers) if isinstance(one, Admission) else one for one in checked]
    _give_back(service, checked, outcomes)
    service.metrics.deposits.inc(
        sum(isinstance(one, Receipt) and not one.repeated for one in outcomes)
    )
    return outcomes


def _size(one: Admission) -> int:
    return len(one.statement) + len(one.signature) + sum(map(len, one.claims))


def _give_back(
    service: Service,
    checked: Sequence[Admission | EvidenceError],
    outcomes: Sequence[Outcome],
) -> None:
    """Whoever repeats somebody's statement uses up nothing of what that signer may."""
    repeated = {
        one.statement: one
        for one, outcome in zip(checked, outcomes, strict=True)
        if isinstance(one, Admission) and isinstance(outcome, Receipt) and outcome.repeated
    }
    for one in repeated.values():
        service.deposits.give_back(one.signer.hex())


async def _sealed(service: Service, outcomes: Sequence[Outcome]) -> bool:
    indexes = [one.index for one in outcomes if isinstance(one, Receipt)]
    return bool(indexes) and await service.wait_for_seal(max(indexes))


async def _certificate(service: Service, checked: Checked, outcome: Outcome) -> Response:
    """The certificate, with the claims that came with the deposit: the client knows them."""
    deposit = checked.deposits[0]
    assert isinstance(outcome, Receipt)  # noqa: S101 the caller has raised the other kind
    assert isinstance(deposit, Admission)  # noqa: S101 and here too
    shown = None if deposit.claims else ()
    return await certificate_of(service, outcome.index, shown)


async def certificate_of(service: Service, index: int, positions: Sequence[int] | None) -> Response:
    """The certificate of an entry as an answer. Raises NoSuchEntry, NotSealed."""
    data = await service.verify(lambda: _filled(service, index, positions))
    name = f'attachment; filename="deposit-{index}.asice"'
    return Response(data, media_type=CERTIFICATE, headers={"Content-Disposition": name})


def _filled(service: Service, index: int, positions: Sequence[int] | None) -> bytes:
    out = io.BytesIO()
    fill(out, service.place.issuer.issue(index, positions))
    return out.getvalue()


def _answer(checked: Checked, outcomes: Sequence[Outcome], *, sealed: bool | None) -> Response:
    documents = [_document(one, sealed=sealed) for one in outcomes]
    fresh = any(isinstance(one, Receipt) and not one.repeated for one in outcomes)
    body = {"deposits": documents} if checked.is_batch else documents[0]
    return Response(json.dumps(body), 201 if fresh else 200, media_type="application/json")


def _document(outcome: Outcome, *, sealed: bool | None) -> dict[str, object]:
    if isinstance(outcome, EvidenceError):
        problem = Problem.of(outcome)
        return {"error": {"code": problem.code, "detail": problem.detail, "hint": problem.hint}}
    document: dict[str, object] = {
        "index": outcome.index,
        "leaf_hash": outcome.leaf_hash.hex(),
        "entry": outcome.entry.decode(),
        "repeated": outcome.repeated,
        "certificate": f"/v1/deposits/{outcome.index}/certificate",
    }
    return document if sealed is None else document | {"sealed": sealed}


@router.get("/v1/deposits/{index}", responses=ENTRY)
async def show(request: Request, index: Index) -> Response:
    """What is public of an entry: no claim, no name."""
    service: Service = request.app.state.service
    service.lookups.take(service.client(request.scope))
    document = await service.reading.read(
        lambda: _entry_document(service.place.ledger.store, index)
    )
    return Response(json.dumps(document), media_type="application/json")


def _entry_document(store: Store, index: int) -> dict[str, object]:
    stored = store.entry(index)
    parsed = entry.parse(stored.entry)
    seal = store.seal_of(index)
    document: dict[str, object] = {
        "index": parsed.index,
        "kind": parsed.kind,
        "received": canonical.time_text(parsed.received, microseconds=True),
        "leaf_hash": stored.leaf_hash.hex(),
        "entry": stored.entry.decode(),
        "erased": stored.statement is None,
        "sealed": None,
    }
    if stored.statement is not None:
        said = statement.parse(stored.statement)
        document["signer"] = said.signer.hex()
        document["refs"] = [one.to_json() for one in said.refs]
    document["named_by"] = [one.to_json() for one in mentions_of(store, index)]
    if seal is not None and seal.tokens:
        names = [token.authority for token in seal.tokens]
        checkpoint = sha256(seal.checkpoint).hexdigest()
        document["sealed"] = {"size": seal.size, "checkpoint": checkpoint, "authorities": names}
        if stored.statement is not None:
            document["certificate"] = f"/v1/deposits/{index}/certificate"
    return document


@router.get("/v1/deposits/{index}/certificate", openapi_extra=KNOWN_OR_NOT, responses=HELD)
async def certificate(request: Request, index: Index) -> Response:
    """The certificate of an entry, with those of its claims that whoever asks may read.

    For those who do not say who they are, without claims: these are the depositor's to show.
    """
    service: Service = request.app.state.service
    positions = await _positions(service, request, index)
    try:
        answer = await certificate_of(service, index, positions)
    except NotSealed as error:
        raise Problem(409, "not-sealed", str(error), "Try again later.", retry=5) from error
    answer.headers["Cache-Control"] = "no-store" if positions != () else "no-cache"
    return answer


async def _positions(service: Service, request: Request, index: int) -> Sequence[int] | None:
    if not service.access.is_claimed(request):
        service.lookups.take(service.client(request.scope))
        return ()
    caller = await known_caller(service, request)
    return await asyncio.to_thread(readable, service, caller, index)
