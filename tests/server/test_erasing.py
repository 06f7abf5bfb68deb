"""Erasure over HTTP: carried out when it is answered, and told as such from then on."""

from __future__ import annotations

from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.erasure import REASON
from evidence_ledger_server.static_copy import write_copy
from tests.server.acting import CLAIMS, STRANGER, about, author, code, get
from tests.server.running import Running
from tests.server.test_files import FILE, LEASE, keeping, kept, put

__all__ = ["keeping"]

WHY = [(REASON, "Art. 17 GDPR")]


def seal(server: Running) -> None:
    place = open_ledger(server.home)
    try:
        place.ledger.seal()
    finally:
        place.close()


def test_what_was_erased_is_gone_from_every_address(keeping: Running) -> None:
    put(keeping, FILE, LEASE)
    own = keeping.author
    early = own.about("erasure", WHY, about(keeping, 0))
    assert code(keeping.deposit(early), 409) == "ledger.not-sealed"
    seal(keeping)
    foreign = author(STRANGER).about("erasure", WHY, about(keeping, 0))
    assert code(keeping.deposit(foreign), 403) == "erasure.not-yours"
    digest = kept(keeping)[0]
    assert keeping.client.get(f"/v1/fingerprints/sha256/{digest}").status_code == 200
    signed = own.about("erasure", WHY, about(keeping, 0))
    assert keeping.deposit(signed).status_code == 201
    assert kept(keeping) == []
    told = keeping.client.get("/v1/deposits/0").json()
    assert (told["erased"], "certificate" in told, "signer" in told) == (True, False, False)
    gone = keeping.client.get("/v1/deposits/0/certificate")
    assert code(gone, 410) == "claims.erased"
    claims = get(keeping, CLAIMS, own.signer)
    assert code(claims, 410) == "claims.erased"
    assert "GET /v1/deposits/0 says which entry erased them" in claims.json()["hint"]
    assert code(get(keeping, FILE, own.signer), 410) == "claims.erased"
    assert code(put(keeping, FILE, LEASE), 410) == "claims.erased"
    assert keeping.client.get(f"/v1/fingerprints/sha256/{digest}").status_code == 404
    write_copy(keeping.home.folder, keeping.home.folder / "copy")
    copied = [
        one.read_bytes() for one in (keeping.home.folder / "copy").rglob("*") if one.is_file()
    ]
    assert copied
    assert not any(b"lease" in one for one in copied)
    seal(keeping)
    assert b"lease.txt" not in keeping.home.database.read_bytes()
    again = keeping.deposit(signed)
    assert (again.status_code, again.json()["repeated"]) == (200, True)


def test_files_of_what_another_program_erased_leave_a_server_that_runs(keeping: Running) -> None:
    put(keeping, FILE, LEASE)
    seal(keeping)
    erased_elsewhere(keeping)
    assert kept(keeping)
    assert keeping.app.api.state.service.sealing._once()
    assert kept(keeping) == []


def erased_elsewhere(server: Running) -> None:
    place = open_ledger(server.home)
    try:
        place.ledger.deposit([server.author.about("erasure", WHY, about(server, 0))])
    finally:
        place.close()
