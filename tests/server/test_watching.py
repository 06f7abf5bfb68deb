"""What a monitor asks a server beyond the log: entries from one on, and tags of signers."""

from __future__ import annotations

from hashlib import sha256

import pytest

from evidence_ledger.core.signer_tag import signer_tag
from tests.server.running import ORIGIN, Running
from tests.workbench import fact

LEASE = b"the lease"


def deposited(server: Running, count: int) -> list[int]:
    answers = [server.deposit(server.signed(fact("a", LEASE, sm3=False))) for _ in range(count)]
    return [one.json()["index"] for one in answers]


def test_entries_before_the_one_asked_for_are_left_out(server: Running) -> None:
    assert deposited(server, 3) == [0, 1, 2]
    path = f"/v1/fingerprints/sha256/{sha256(LEASE).hexdigest()}"
    for start, expected in ((0, [0, 1, 2]), (1, [1, 2]), (2, [2])):
        entries = server.client.get(path, params={"from": start}).json()["entries"]
        assert [one["index"] for one in entries] == expected
    assert server.client.get(path, params={"from": 3}).status_code == 404


@pytest.mark.parametrize("start", ["-1", "x", "01", "", str(1 << 63)])
def test_where_to_start_is_an_index(server: Running, start: str) -> None:
    path = f"/v1/fingerprints/sha256/{sha256(LEASE).hexdigest()}"
    assert server.client.get(path, params={"from": start}).status_code == 400
    assert server.client.get("/v1/signers", params={"from": start}).status_code == 400


def test_tags_say_who_signed_to_whoever_knows_the_certificate(server: Running) -> None:
    deposited(server, 2)
    certificate = bytes.fromhex(server.client.get("/v1/deposits/0").json()["signer"])
    told = server.client.get("/v1/signers").json()
    assert told["from"] == 0
    assert told["tags"] == [signer_tag(ORIGIN, index, certificate).hex() for index in range(2)]
    assert certificate.hex() not in str(told)
    assert server.client.get("/v1/signers", params={"from": 1}).json()["tags"] == told["tags"][1:]
    assert server.client.get("/v1/signers", params={"from": 9}).json()["tags"] == []
