"""The operator's key is rotated while a server runs: it goes on with the next one by itself."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.keys.key_files import signer_file
from evidence_ledger.adapters.keys.self_issued import generate_signer
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.assembly import OpenLedger, open_ledger
from evidence_ledger.author import Author
from evidence_ledger.core import entry, statement
from evidence_ledger.core.administration import Enrol, Settings
from evidence_ledger.core.role import Role
from evidence_ledger.errors import EvidenceError, LedgerUnavailable, NotAllowed, WrongPin
from evidence_ledger.rotating import rotate_operator
from evidence_ledger_server.routes.ledger import NO_SEAL, WRONG_KEY
from evidence_ledger_server.sealing_place import SealingPlace
from evidence_ledger_server.served_policy import ServedPolicy
from tests.server.acting import act, code, get
from tests.server.running import Running, read
from tests.workbench import fact


def signing(name: str) -> tuple[SoftwareSigner, Author]:
    signer = generate_signer(name, SystemClock())
    return signer, Author(signer, SystemClock(), SystemEntropy())


NEXT, NEXT_AUTHOR = signing("Next operator")


def rotated(server: Running, following: SoftwareSigner = NEXT) -> None:
    place = open_ledger(server.home)
    try:
        rotate_operator(place, following)
    finally:
        place.close()


def rotated_elsewhere(server: Running) -> None:
    """As on another host: this one's folder does not have the next key."""
    place = open_ledger(server.home)
    try:
        place.ledger.deposit([place.operator.rotation(NEXT_AUTHOR, server.context())])
    finally:
        place.close()


def sealed(server: Running, name: str) -> bool:
    answer = server.deposit(server.signed(fact(name, name.encode())), params={"wait": "seal"})
    found: bool = answer.raise_for_status().json()["sealed"]
    return found


def newest_seal_by(server: Running) -> bytes:
    place = open_ledger(server.home)
    try:
        seals = [one for one in place.ledger.entries() if entry.parse(one.entry).kind == "seal"]
        return statement.parse(seals[-1].statement or b"").signer
    finally:
        place.close()


@pytest.fixture(params=[False, True], ids=["open", "closed"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "served", seal_every=3600.0, seal_wait=30.0) as running:
        depositors = frozenset({Role.DEPOSITOR})
        act(running, Enrol(running.author.fingerprint, depositors), Settings(request.param))
        yield running


def test_seals_go_on_with_the_next_key(server: Running) -> None:
    """Before, a closed ledger was sealed no more until the server was started anew."""
    assert sealed(server, "before")
    rotated(server)
    assert sealed(server, "after")
    assert newest_seal_by(server) == NEXT_AUTHOR.fingerprint
    third, third_author = signing("Third operator")
    rotated(server, third)
    assert sealed(server, "later")
    assert newest_seal_by(server) == third_author.fingerprint
    place = open_ledger(server.home)
    report = place.audit()
    place.close()
    assert [one.reason for one in report.steps if one.verdict.value == "FAILED"] == []


def test_the_next_key_is_the_operators_for_requests_and_acts(server: Running) -> None:
    before = server.operator
    rotated(server)
    assert {one["signer"] for one in read(server, "/v1/register", NEXT)["signers"]} >= {
        NEXT_AUTHOR.fingerprint.hex()
    }
    assert code(get(server, "/v1/register", before), 403) == "register.revoked"
    signed = NEXT_AUTHOR.administration(Settings(True), server.context())
    assert server.deposit(signed).status_code == 201
    old = Author(before, SystemClock(), SystemEntropy())
    refused = server.deposit(old.administration(Settings(False), server.context()))
    assert code(refused, 403) == "register.revoked"
    assert NEXT_AUTHOR.fingerprint.hex() in refused.json()["hint"]


def test_the_register_lists_who_became_whom_at_which_entry(server: Running) -> None:
    assert read(server, "/v1/register", server.operator)["rotated"] == []
    rotated(server)
    third, third_author = signing("Third operator")
    rotated(server, third)
    keys = [Author(server.operator, SystemClock(), SystemEntropy()), NEXT_AUTHOR, third_author]
    prints = [one.fingerprint.hex() for one in keys]
    assert read(server, "/v1/register", third)["rotated"] == [
        {"signer": prints[0], "following": prints[1], "entry": 2},
        {"signer": prints[1], "following": prints[2], "entry": 3},
    ]


def test_a_key_that_was_rotated_elsewhere_is_told_and_taken_up(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    assert server.client.get("/v1/health").json()["warnings"] == []
    rotated_elsewhere(server)
    told = server.client.get("/v1/health")
    assert (told.status_code, told.json()["warnings"]) == (200, [WRONG_KEY])
    with caplog.at_level(logging.ERROR, "evidence.sealing"):
        with pytest.raises(httpx.ReadTimeout):
            server.deposit(server.signed(fact("b", b"b")), params={"wait": "seal"}, timeout=0.2)
        assert refused_seal(caplog) == "register.revoked"
    rotated(server)
    assert sealed(server, "after")
    assert server.client.get("/v1/health").json()["warnings"] == []


def test_a_seal_that_fails_is_told_to_the_operator(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(_: SealingPlace) -> None:
        raise WrongPin("This is not the PIN of the token 'notary'.")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "evidence.sealing"):
        patch.setattr(SealingPlace, "require_operator", locked)
        with pytest.raises(httpx.ReadTimeout):
            server.deposit(server.signed(fact("a", b"a")), params={"wait": "seal"}, timeout=0.2)
        assert refused_seal(caplog) == "key.wrong-pin"
        told = server.client.get("/v1/health")
        assert (told.status_code, told.json()["warnings"]) == (
            200,
            [NO_SEAL.format("key.wrong-pin")],
        )
    assert sealed(server, "after")
    assert server.client.get("/v1/health").json()["warnings"] == []


def refused_seal(caplog: pytest.LogCaptureFixture) -> object:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for one in caplog.records:
            if one.message == "no seal":
                return getattr(one, "told", {}).get("code")
        time.sleep(0.02)
    return None


def test_a_key_that_did_not_change_is_not_opened_again(server: Running) -> None:
    opened: list[OpenLedger] = []

    def open_place() -> OpenLedger:
        opened.append(open_ledger(server.home))
        return opened[-1]

    place = SealingPlace(server.home, open_place)
    place.follow()
    rotated(server)
    for _ in range(3):
        place.follow()
    assert len(opened) == 2
    assert place.operator == NEXT_AUTHOR.fingerprint
    place.close()


def test_a_key_without_the_settings_that_belong_to_it_is_not_taken(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The register would begin with the new key, and be another one."""
    place = SealingPlace(server.home, lambda: open_ledger(server.home))
    before = place.operator
    server.home.operator.write_bytes(signer_file(NEXT))
    with caplog.at_level(logging.ERROR, "evidence.sealing"):
        place.follow()
    assert place.operator == before
    assert "the operator's key was not taken" in caplog.messages
    place.close()


def test_a_stranger_in_the_operators_place_seals_nothing(server: Running) -> None:
    rotated(server)
    place = SealingPlace(server.home, lambda: open_ledger(server.home))
    server.home.operator.write_bytes(signer_file(signing("Somebody")[0]))
    place.follow()
    with pytest.raises(NotAllowed, match="no operator"):
        place.require_operator()
    place.close()


def test_the_policy_names_the_next_key_at_once(server: Running) -> None:
    rotated(server)
    assert NEXT_AUTHOR.fingerprint.hex() in server.client.get("/v1/policy").text


def test_a_policy_that_can_not_be_read_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_text('v = 1\nname = "first"\n')
    policy = ServedPolicy(path)
    draft = tmp_path / "draft"
    for text, name in (("v = ", "first"), ('v = 1\nname = "second"\n', "second")):
        draft.write_text(text)
        draft.replace(path)
        assert policy.policy.name == name
    assert policy.text.endswith(b'"second"\n')
    with path.open("r+") as file:
        file.write("v = 1\n# half")
    assert policy.policy.name == "second", "it is being edited where it lies"
    path.unlink()
    assert policy.policy.name == "second"
    policy.close()


def test_a_policy_that_was_replaced_twice_between_two_looks_is_read() -> None:
    """On most disks the second file gets the number that the first one had; in memory it does not,
    so that this is on a disk."""
    with tempfile.TemporaryDirectory(dir=tempfile.gettempdir()) as folder:
        path, draft = Path(folder) / "trust.toml", Path(folder) / "draft"
        path.write_text('v = 1\nname = "0"\n')
        policy = ServedPolicy(path)
        for name in map(str, range(1, 7)):
            draft.write_text(f'v = 1\nname = "{name}"\n')
            draft.replace(path)
            if name in "246":
                assert policy.policy.name == name
                assert f'"{name}"'.encode() in policy.text
        policy.close()


def test_a_pin_that_was_refused_is_not_sent_again(server: Running) -> None:
    """A token counts the PINs that it refused, and locks itself."""
    home, failures = server.home, [WrongPin("The PIN is wrong.")]
    opened: list[int] = []

    def open_place() -> OpenLedger:
        opened.append(len(opened))
        if len(opened) > 1 and failures:
            raise failures[0]
        return open_ledger(home)

    place = SealingPlace(home, open_place)
    before = place.operator
    rotated(server)
    for _ in range(3):
        place.follow()
    assert (place.operator, len(opened)) == (before, 2)
    failures.clear()
    home.operator.write_bytes(home.operator.read_bytes())
    place.follow()
    assert place.operator == NEXT_AUTHOR.fingerprint
    place.close()


def test_a_database_that_is_away_keeps_no_key_out(server: Running) -> None:
    failures: list[EvidenceError] = []

    def open_place() -> OpenLedger:
        if failures:
            raise failures.pop()
        return open_ledger(server.home)

    place = SealingPlace(server.home, open_place)
    before = place.operator
    rotated(server)
    failures.append(LedgerUnavailable("It is away."))
    place.follow()
    assert place.operator == before
    place.follow()
    assert place.operator == NEXT_AUTHOR.fingerprint
    place.close()
