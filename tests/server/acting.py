"""People who act on a server that runs, and what they are answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import httpx

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.assembly import open_ledger
from evidence_ledger.author import Author, Context
from evidence_ledger.core import disclosure, entry, statement
from evidence_ledger.core.administration import Act
from evidence_ledger.core.certificate import DisclosedClaim
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.statement import Reference
from evidence_ledger.ports import Signer
from tests.fakes import signer_of
from tests.server.running import Running, signed_fields
from tests.workbench import fact
from tests.x509_factory import Holder, issue

LEASE = fact("lease.txt", b"the lease", sm3=False)
CA = issue("CA", authority=True)
FRIEND, STRANGER, COURT = issue("Friend", CA), issue("Stranger"), issue("Court")
ASICE = "application/vnd.etsi.asic-e+zip"


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


def author(holder: Holder) -> Author:
    return Author(signer_of(holder), SystemClock(), SystemEntropy())


def act(server: Running, *acts: Act) -> None:
    """What the operator does with the command line, beside the server that runs."""
    place = open_ledger(server.home)
    try:
        context = Context(place.ledger.origin, place.ledger.point())
        for one in acts:
            place.ledger.deposit([place.operator.administration(one, context)])
    finally:
        place.close()


def handed_in(server: Running, by: Author | Holder, *files: FileFact) -> httpx.Response:
    whose = by if isinstance(by, Author) else author(by)
    fields = [("matter/case_number", "4 O 1/26")]
    return server.deposit(whose.deposit(files or [LEASE], fields, server.context()))


def about(server: Running, index: int) -> Context:
    told = server.client.get(f"/v1/deposits/{index}").raise_for_status().json()
    reference = Reference(index, bytes.fromhex(told["leaf_hash"]))
    context = server.context()
    return Context(context.ledger, context.after, (reference,))


def granted(server: Running, index: int, given: Grant) -> httpx.Response:
    return server.deposit(server.author.grant(given, about(server, index)))


def get(server: Running, path: str, signer: Signer | Holder, **more: Any) -> httpx.Response:
    whose = signer_of(signer, CA) if isinstance(signer, Holder) else signer
    return server.client.get(path, headers=signed_fields(server, path, whose), **more)


def code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()["code"]
    assert isinstance(told, str)
    return told


def shown(answer: httpx.Response) -> list[DisclosedClaim]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    found = [
        DisclosedClaim(
            one["position"],
            one["claim"].encode(),
            tuple(map(bytes.fromhex, one["path"])) if "path" in one else None,
        )
        for one in told["claims"]
    ]
    said = told["statement"].encode()
    assert entry.parse(told["entry"].encode()).statement == hashlib.sha256(said).digest()
    disclosure.proved(found, statement.parse(said).claims)
    return found


def bearer(text: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {text}"}


CLAIMS = "/v1/deposits/0/claims"
