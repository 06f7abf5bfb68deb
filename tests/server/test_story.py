"""Over HTTP: two firms deposit, a court verifies, an outsider audits, a tampered row is found."""

from __future__ import annotations

import io
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.log_source import HttpSource
from evidence_ledger.core import trust_policy
from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.core.verifier_key import VerifierKey
from tests.server.running import Running, form
from tests.workbench import fact, presented

ASICE = {"Accept": "application/vnd.etsi.asic-e+zip"}
LEASE = b"the lease"


def test_a_certificate_comes_back_and_stands_offline(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False), case="1 O 17/26")
    answer = server.deposit(signed, params={"wait": "seal"}, headers=ASICE)
    assert answer.status_code == 200
    policy = trust_policy.parse(server.client.get("/v1/policy").text)
    report = verify_certificate(
        io.BytesIO(answer.content), [presented("lease.txt", LEASE)], policy, SystemClock().now()
    )
    assert report.verdict is Verdict.PASSED, report.to_json()


def test_a_court_checks_over_the_endpoint(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False))
    whole = server.deposit(signed, params={"wait": "seal"}, headers=ASICE).content
    parts: list[tuple[str, tuple[str | None, bytes]]]
    parts = [("certificate", ("c.asice", whole)), ("file", ("lease.txt", LEASE))]
    report = server.client.post("/v1/verify", files=parts).json()
    assert report["verdict"] == "PASSED"
    parts[1] = ("file", ("lease.txt", LEASE + b"!"))
    altered = server.client.post("/v1/verify", files=parts).json()
    assert altered["verdict"] == "FAILED"
    assert "file.altered" in {step["reason"] for step in altered["steps"]}


def test_the_bare_certificate_is_checked_as_well(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False))
    whole = server.deposit(signed, params={"wait": "seal"}, headers=ASICE).content
    answer = server.client.post(
        "/v1/verify", content=whole, headers={"Content-Type": ASICE["Accept"]}
    )
    assert answer.json()["verdict"] == "PASSED"


def test_fingerprints_alone_are_checked_without_telling_names(server: Running) -> None:
    signed = server.signed(fact("secret-name.txt", LEASE, sm3=False))
    server.deposit(signed, params={"wait": "seal"})
    digest = fact("x", LEASE).fingerprint.sha256.hex()
    parts = [("digest", (None, f"sha256:{digest}"))]
    answer = server.client.post("/v1/verify", files=parts)
    assert answer.json()["verdict"] == "PASSED", answer.text
    assert "secret-name" not in answer.text
    unknown = [("digest", (None, "sha256:" + "00" * 32))]
    assert server.client.post("/v1/verify", files=unknown).json()["verdict"] == "INDETERMINATE"


def test_a_policy_that_trusts_nobody_is_taken_from_the_request(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False))
    whole = server.deposit(signed, params={"wait": "seal"}, headers=ASICE).content
    nobody = b'v = 1\nname = "nobody"\n'
    parts: list[tuple[str, tuple[str | None, bytes]]]
    parts = [("policy", (None, nobody)), ("certificate", ("c.asice", whole))]
    assert server.client.post("/v1/verify", files=parts).json()["verdict"] == "INDETERMINATE"


def test_a_fingerprint_is_found_by_anybody(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False))
    index = server.deposit(signed).json()["index"]
    digest = fact("x", LEASE).fingerprint.sha256.hex()
    found = server.client.get(f"/v1/fingerprints/sha256/{digest}").json()
    assert [one["index"] for one in found["entries"]] == [index]
    assert server.client.get("/v1/fingerprints/sha256/" + "00" * 32).status_code == 404
    assert server.client.get("/v1/fingerprints/md5/00").status_code == 400


def test_the_same_bytes_again_get_the_same_entry(server: Running) -> None:
    signed = server.signed(fact("a", b"a"))
    first, again = server.deposit(signed), server.deposit(signed)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["entry"] == again.json()["entry"]
    assert again.json()["repeated"] is True


def test_of_a_batch_each_stands_for_itself(server: Running) -> None:
    good, bad = server.signed(fact("a", b"a")), server.signed(fact("b", b"b"))
    body = {"deposits": [form(good), form(replace(bad, claims=good.claims))]}
    answer = server.client.post("/v1/deposits", json=body)
    assert answer.status_code == 201
    taken, refused = answer.json()["deposits"]
    assert taken["index"] == 0
    assert refused["error"]["code"] == "claims.root"


def test_a_private_deposit_tells_only_the_root(server: Running) -> None:
    signed = server.signed(fact("secret.txt", LEASE, sm3=False))
    hidden = replace(signed, claims=())
    whole = server.deposit(hidden, params={"wait": "seal"}, headers=ASICE)
    assert whole.status_code == 200
    digest = fact("x", LEASE).fingerprint.sha256.hex()
    assert server.client.get(f"/v1/fingerprints/sha256/{digest}").status_code == 404


def test_strangers_get_certificates_without_claims(server: Running) -> None:
    index = server.deposit(server.signed(fact("name.txt", LEASE)), params={"wait": "seal"}).json()
    answer = server.client.get(index["certificate"])
    assert answer.status_code == 200
    assert b"name.txt" not in answer.content
    entry = server.client.get(f"/v1/deposits/{index['index']}")
    assert "name.txt" not in entry.text
    assert entry.json()["sealed"]["size"] == 1


@pytest.mark.parametrize("count", [1, 300])
def test_an_outsider_audits_the_tiles_and_finds_a_tampered_row(tmp_path: Path, count: int) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        context, author = server.context(), server.author
        facts = [[fact("a", b"%d" % number)] for number in range(count)]
        many = [form(author.deposit(one, [], context)) for one in facts]
        server.client.post("/v1/deposits", json={"deposits": many}, params={"wait": "seal"})
        vkeys = [VerifierKey.parse(line) for line in vkeys_of(server)]
        report = audited(server, vkeys)
        assert report.verdict is Verdict.PASSED
        assert report.facts["size"] == count
    tamper(server.home.database)
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        assert audited(server, vkeys).verdict is Verdict.FAILED


def audited(server: Running, vkeys: list[VerifierKey]) -> Report:
    with HttpSource(server.url) as source:
        return audit_log(source, vkeys)


def vkeys_of(server: Running) -> list[str]:
    policy = trust_policy.parse(server.client.get("/v1/policy").text)
    return [key.encode() for log in policy.logs for key in log.keys]


def tamper(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type='trigger'"):
            connection.execute(f"drop trigger {name}")
        connection.execute(
            "update entries set data = cast(replace(data, 'deposit', 'order') as blob)"
        )
    connection.close()
