"""``evidence show`` and ``register grant`` with ``--server``; ``evidence-server token``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.ledger_client import LedgerClient
from evidence_ledger.errors import ServerAnswerInvalid
from evidence_ledger_server.access.tokens import Tokens, tokens_in
from evidence_ledger_server.program import program
from tests.cli.conftest import Run, desk, evidence
from tests.cli.test_register_commands import FIRM, write
from tests.server.running import Running
from tests.server.test_erasing import seal
from tests.workbench import fact

__all__ = ["desk", "evidence"]

pytestmark = pytest.mark.usefixtures("desk")
LEASE = fact("lease.txt", b"the lease", sm3=False)
DIGEST = hashlib.sha256(FIRM.der).hexdigest()


@pytest.fixture
def deposited(server: Running) -> Running:
    """A served ledger with one deposit of two claims."""
    server.deposit(server.signed(LEASE, case="4 O 1/26")).raise_for_status()
    return server


def test_a_depositor_sees_the_claims_and_a_stranger_does_not(
    deposited: Running, evidence: Run
) -> None:
    key = deposited.home.depositor
    shown = evidence("show", "0", "--server", deposited.url, "--key", key)
    assert shown.code == 0, shown.err
    assert "4 O 1/26" in shown.out
    told = evidence("show", "0", "--server", deposited.url, "--key", key, "--json").document
    assert told["claims"]["matter/case_number"] == "4 O 1/26"
    assert told["kind"] == "deposit"
    strange = evidence("show", "0", "--server", deposited.url)
    assert (strange.code, strange.out) == (102, "")
    assert "depositor" in strange.err
    assert "4 O" not in strange.err


def test_an_erased_entry_shows_what_is_public(deposited: Running, evidence: Run) -> None:
    key = deposited.home.depositor
    seal(deposited)
    to = ("--server", deposited.url, "--key", key)
    done = evidence("erase", "0", "--reason", "Art. 17 GDPR", "--yes", *to)
    assert done.code == 0, done.err
    told = evidence("show", "0", *to, "--json").document
    assert (told["erased"], told["claims"], told["kind"]) == (True, {}, "deposit")
    assert [one["kind"] for one in told["named_by"]] == ["erasure"]
    assert "4 O 1/26" not in evidence("show", "0", *to).out


def test_a_depositor_grants_one_claim_from_its_own_machine(
    deposited: Running, evidence: Run
) -> None:
    firm, key = write(FIRM, "firm.pem"), deposited.home.depositor
    grant = ("register", "grant", "0", firm, "--server", deposited.url)
    done = evidence(*grant, "--key", key, "--only", "matter/case_number", "--json")
    assert done.code == 0, done.err
    assert done.document["grant"] == {"claims": [1], "signer": DIGEST}
    told = evidence("show", "0", "--server", deposited.url, "--key", firm, "--json").document
    assert told["claims"] == {"matter/case_number": "4 O 1/26"}
    assert evidence(*grant, "--key", key, "--only", "matter/none").code == 2
    assert evidence(*grant, "--key", key).code == 0
    told = evidence("show", "0", "--server", deposited.url, "--key", firm, "--json").document
    assert len(told["claims"]) == 2
    assert evidence(*grant, "--key", key, "--withdraw").code == 0
    assert evidence("show", "0", "--server", deposited.url, "--key", firm).code == 102
    false = evidence(*grant, "--key", firm)
    assert (false.code, "Only its depositor" in false.err) == (102, True)


@pytest.mark.parametrize("url", ["http://[::1", "ledger.example", "http://a b", ""])
def test_what_is_no_address_is_wrong_usage(deposited: Running, evidence: Run, url: str) -> None:
    key = ("--key", deposited.home.depositor)
    assert evidence("show", "0", "--server", url, *key).code == 2


def test_an_address_with_other_letters_is_no_verdict(deposited: Running, evidence: Run) -> None:
    key = ("--key", deposited.home.depositor)
    shown = evidence("show", "0", "--server", f"{deposited.url}/ä", *key)
    assert shown.code == 102


def test_a_key_without_a_server_is_wrong_usage(evidence: Run) -> None:
    assert evidence("show", "0", "--key", "x.pem").code == 2


@pytest.mark.parametrize(
    "change",
    [
        {"entry": "{}"},
        {"statement": "{}"},
        {"claims": [{"position": 0, "claim": "{}"}]},
        {"claims": [{"position": "0", "claim": "{}"}]},
        {"claims": 7},
    ],
)
def test_a_server_that_shows_something_else_is_not_believed(
    deposited: Running, monkeypatch: pytest.MonkeyPatch, evidence: Run, change: dict[str, Any]
) -> None:
    asked = LedgerClient._asked

    def falsified(self: LedgerClient, *arguments: Any, **more: Any) -> bytes:
        answer = asked(self, *arguments, **more)
        return json.dumps(json.loads(answer) | change).encode()

    monkeypatch.setattr(LedgerClient, "_asked", falsified)
    answer = evidence("show", "0", "--server", deposited.url, "--key", deposited.home.depositor)
    assert answer.code == ServerAnswerInvalid.exit_code, answer.err


# evidence-server token


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(program, [str(one) for one in arguments])


def made(server: Running, *scopes: str) -> dict[str, Any]:
    options = [word for scope in scopes for word in ("--scope", scope)]
    signer = server.author.fingerprint.hex()
    answer = run(
        *("token", "new", "--home", server.home.folder, "--signer", signer, "--json"),
        *("--name", "registry\n", *options),
    )
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def asked(server: Running, text: str) -> httpx.Response:
    return server.client.get("/v1/deposits/0/claims", headers={"Authorization": f"Bearer {text}"})


def test_a_token_is_made_listed_and_revoked_while_the_server_runs(deposited: Running) -> None:
    token = made(deposited, "claims")
    assert asked(deposited, token["token"]).status_code == 200
    home = ("--home", deposited.home.folder)
    listed = run("token", "list", *home)
    assert token["id"] in listed.stdout
    assert "registry?" in listed.stdout
    assert token["token"].split("_", 2)[2] not in listed.stdout
    (told,) = json.loads(run("token", "list", *home, "--json").stdout)["tokens"]
    assert told["scopes"] == ["claims"]
    assert told["revoked"] is None
    assert "token" not in told
    assert run("token", "revoke", *home, token["id"]).exit_code == 0
    assert asked(deposited, token["token"]).status_code == 401
    (kept,) = Tokens(tokens_in(deposited.home.folder)).all()
    assert not kept.is_good(SystemClock().now())
    assert "revoked" in run("token", "list", *home).stdout


def test_the_text_of_a_token_is_alone_on_standard_output(deposited: Running) -> None:
    signer = deposited.author.fingerprint.hex()
    answer = run(
        *("token", "new", "--home", deposited.home.folder, "--signer", signer),
        *("--scope", "claims", "--scope", "register", "--days", "1"),
    )
    assert asked(deposited, answer.stdout.strip()).status_code == 200
    assert "Good until" in answer.stderr


def test_tokens_that_make_no_sense(server: Running, tmp_path: Path) -> None:
    home = ("--home", str(server.home.folder))
    signer = ("--signer", "ab" * 32)
    assert "64 hexadecimal" in str(
        run("token", "new", *home, "--signer", "x", "--scope", "claims").exception
    )
    assert run("token", "new", *home, *signer).exit_code == 2
    assert run("token", "new", *home, *signer, "--scope", "everything").exit_code == 2
    assert "There is no token" in str(run("token", "revoke", *home, "0" * 16).exception)
    nowhere = run("token", "list", "--home", tmp_path / "nothing")
    assert "There is no ledger" in str(nowhere.exception)
    assert json.loads(run("token", "list", *home, "--json").stdout) == {"tokens": []}
