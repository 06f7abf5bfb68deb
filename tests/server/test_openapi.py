"""``/openapi.json`` tells the truth: its paths answer, its examples are what is answered."""

from __future__ import annotations

from typing import Any

from evidence_ledger_server import examples
from tests.server.examples import LEASE, ask
from tests.server.running import Running, form
from tests.workbench import fact

FREE = {"entry", "leaf_hash", "received", "signer", "checkpoint", "root", "says", "after"}
FREE |= {"statement", "signature", "claims", "tags", "checked_at", "made", "signing_time", "times"}
FREE |= {"entry_hash", "signer_sha256", "not_later_than", "weakens_on"}


def shape(value: Any, name: str = "") -> Any:
    """A value with the type alone where it depends on keys, salts and clocks."""
    if isinstance(value, dict) and name not in FREE:
        return {key: shape(one, key) for key, one in value.items()}
    if isinstance(value, list) and name not in FREE:
        return [shape(one, name) for one in value]
    return type(value).__name__ if name in FREE else value


def test_every_example_is_what_the_server_answers(server: Running) -> None:
    signed = server.signed(fact("lease.txt", LEASE, sm3=False), case="1 O 17/26")
    answered = ask(server, form(signed))
    for name, one in answered.items():
        example = getattr(examples, name.upper())
        assert shape(one) == shape(example), name


def test_the_example_of_a_deposit_is_a_deposit_of_the_ledger_it_names(server: Running) -> None:
    answer = server.client.post("/v1/deposits", json=examples.DEPOSIT)
    assert answer.status_code == 201, answer.text


def test_every_path_is_described_with_its_problems(server: Running) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/v1/deposits",
        "/v1/deposits/{index}",
        "/v1/deposits/{index}/certificate",
        "/v1/deposits/{index}/claims",
        "/v1/deposits/{index}/files/{number}",
        "/v1/fingerprints/{algorithm}/{digest}",
        "/v1/health",
        "/v1/ledger",
        "/v1/policy",
        "/v1/signers",
        "/v1/register",
        "/v1/verify",
    }
    asks = [one["get"] for path, one in paths.items() if "get" in one and "security" in one["get"]]
    assert all({"401", "403", "429"} <= set(one["responses"]) for one in asks)
    assert sorted({} in one["security"] for one in asks) == [False, False, False, True]
    told = paths["/v1/deposits"]["post"]["responses"]
    assert {"201", "400", "403", "413", "422", "429", "503", "507"} <= set(told)
