"""``evidence authority``, and sealing with authorities on loopback, some of them ill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger_cli.commands import authority_add
from tests import authority_server as replies
from tests.authority_server import AuthorityServer
from tests.cli.conftest import Run

POLICY = ("--policy", "ledger/trust.toml")


@pytest.fixture
def server() -> Iterator[AuthorityServer]:
    with AuthorityServer(SystemClock()) as running:
        yield running


@pytest.fixture
def served(desk: Path, evidence: Run, server: AuthorityServer) -> AuthorityServer:
    """A ledger that asks ``tsa`` on loopback, and its own authority."""
    (desk / "roots.pem").write_bytes(server.pem)
    answer = evidence(
        "authority", "add", server.url, "--roots", "roots.pem", "--name", "tsa", "--timeout", "2"
    )
    assert answer.code == 0, answer.err
    return server


def test_a_fresh_ledger_has_its_own_authority_alone(desk: Path, evidence: Run) -> None:
    document = evidence("authority", "list", "--json").document
    assert document == {"local": True, "required": None, "deadline": 30, "authorities": []}
    assert "not independent" in evidence("authority", "list").out
    assert not (desk / "ledger" / "authorities.toml").exists()


def test_presets_are_listed(evidence: Run) -> None:
    document = evidence("authority", "presets", "--json").document
    assert "digicert" in [one["name"] for one in document["presets"]]
    assert "http://timestamp.digicert.com" in evidence("authority", "presets").out


def test_a_preset_is_added_with_its_root(
    desk: Path, evidence: Run, server: AuthorityServer
) -> None:
    (desk / "roots.pem").write_bytes(server.pem)
    answer = evidence("authority", "add", "sectigo", "--roots", "roots.pem")
    assert answer.code == 0
    assert "not a root that the preset knows" in answer.err
    (one,) = evidence("authority", "list", "--json").document["authorities"]
    assert (one["name"], one["interval"]) == ("sectigo", 15)
    assert one["url"] == "http://timestamp.sectigo.com"


@pytest.mark.usefixtures("desk")
def test_a_pinned_root_is_found_on_this_machine(evidence: Run) -> None:
    answer = evidence("authority", "add", "sectigo")
    assert answer.code == 0, answer.err
    assert "USERTrust RSA Certification Authority" in answer.err
    assert "e793c9b02fd8aa13e21c31228accb08119643b749c898964b1746d46c3d4cbd2" in answer.err
    assert "not a root that the preset knows" not in answer.err


@pytest.mark.usefixtures("desk")
def test_a_pinned_root_that_is_not_here_is_asked_for(
    evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority_add, "roots_here", lambda _: ())
    answer = evidence("authority", "add", "sectigo")
    assert answer.code == 2
    assert "not on this machine" in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonesuch", "--roots", "roots.pem"], "no preset called"),
        (["d-trust", "--roots", "roots.pem"], "Give --url"),
        (["http://a.example/", "--url", "http://b.example/", "--roots", "roots.pem"], "twice"),
        (["http://[", "--roots", "roots.pem", "--name", "x"], "no address"),
        (["freetsa"], "--roots"),
        (["sectigo", "--roots", "nothing.pem"], "no such file"),
        (["sectigo", "--roots", "case/lease.txt"], "certificate"),
        (["sectigo", "--roots", "roots.pem", "--fallback", "x"], "not among those asked"),
        (["sectigo", "--roots", "roots.pem", "--name", "local"], "already"),
    ],
)
def test_what_makes_no_sense_is_refused(
    desk: Path, evidence: Run, server: AuthorityServer, arguments: list[str], words: str
) -> None:
    (desk / "roots.pem").write_bytes(server.pem)
    answer = evidence("authority", "add", *arguments)
    assert answer.code not in (0, 1, 3, 70)
    assert words in answer.err + answer.out
    assert not (desk / "ledger" / "authorities.toml").exists()


def test_without_a_ledger_there_is_no_list(tmp_path: Path, evidence: Run) -> None:
    for arguments in (["list"], ["remove", "x"]):
        assert evidence("authority", *arguments, "--home", tmp_path / "none").code == 21


@pytest.mark.usefixtures("served")
def test_a_deposit_has_an_independent_time(evidence: Run) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    report = evidence("verify", "a.asice", "case/lease.txt", *POLICY, "--json").document
    times = {one["authority"]: one["independent"] for one in report["facts"]["times"]}
    assert times == {"local": False, "tsa": True}
    assert report["verdict"] == "PASSED"


def test_a_trust_policy_of_ones_own_stays_as_it_was(
    desk: Path, evidence: Run, server: AuthorityServer
) -> None:
    trust = desk / "ledger" / "trust.toml"
    trust.write_text("v = 1\n# mine\n[[nonsense]]\n")
    (desk / "roots.pem").write_bytes(server.pem)
    answer = evidence("authority", "add", server.url, "--roots", "roots.pem", "--json")
    assert answer.document["in_trust_policy"] is False
    assert "was left as it is" in answer.err
    assert trust.read_text() == "v = 1\n# mine\n[[nonsense]]\n"


def test_an_authority_that_is_down_leaves_the_time_pending(
    evidence: Run, served: AuthorityServer
) -> None:
    """The deposit succeeds; the next seal completes it; the certificate is exported again."""
    served.script = [replies.status(404)]
    answer = evidence("deposit", "case/lease.txt", "--out", "a.asice")
    assert answer.code == 0
    assert "404" in answer.err
    assert evidence("show", "0", "--json").document["sealed"] == {
        "seal": 0,
        "authorities": ["local"],
        "missing": ["tsa"],
        "witnesses": [],
        "witnesses_missing": [],
    }
    assert "pending    tsa" in evidence("show", "0").out
    assert "pending: tsa" in evidence("list").out
    entries = evidence("list", "--json").document["entries"]
    assert entries[0]["sealed"] == {
        "seal": 0,
        "missing": ["tsa"],
        "witnesses_missing": [],
    }
    assert entries[1]["sealed"] is None
    served.script = [replies.right]
    sealed = evidence("seal", "--json")
    assert sealed.code == 0
    assert sealed.document["seal"] is None
    (completed,) = sealed.document["completed"]
    assert (completed["authorities"], completed["missing"]) == (["local", "tsa"], [])
    assert evidence("show", "0", "--json").document["sealed"]["missing"] == []
    assert evidence("export", "0", "--out", "b.asice").code == 0
    report = evidence("verify", "b.asice", "case/lease.txt", *POLICY, "--json").document
    assert len(report["facts"]["times"]) == 2
    assert evidence("audit").code == 0


@pytest.mark.parametrize(
    "reply",
    [replies.garbage, replies.truncated, replies.page, replies.oversized, replies.rejection],
)
def test_an_answer_that_is_no_timestamp_is_never_kept(
    evidence: Run, served: AuthorityServer, reply: replies.Reply
) -> None:
    served.script = [reply]
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    assert evidence("show", "0", "--json").document["sealed"]["authorities"] == ["local"]
    assert evidence("audit").code == 0


def test_a_replayed_token_is_never_kept(evidence: Run, served: AuthorityServer) -> None:
    served.replay = True
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    assert evidence("deposit", "case/合同.pdf", "--out", "b.asice").code == 0
    assert evidence("show", "2", "--json").document["sealed"]["authorities"] == ["local"]


def test_with_no_answer_at_all_the_deposit_is_accepted(
    desk: Path, evidence: Run, served: AuthorityServer
) -> None:
    assert evidence("authority", "remove", "local").code == 0
    served.script = [replies.status(404)]
    answer = evidence("deposit", "case/lease.txt", "--out", "a.asice")
    assert answer.code == 51
    assert "Nothing is lost" in answer.err
    assert not (desk / "a.asice").exists()
    assert evidence("list", "--json").document["entries"][0]["sealed"] is not None
    served.script = [replies.right]
    again = evidence("deposit", "case/lease.txt", "--out", "a.asice", "--json")
    assert again.document["repeated"] is True
    assert evidence("verify", "a.asice", *POLICY).code == 0


def test_one_that_is_removed_is_asked_no_longer_and_the_audit_still_knows_it(
    evidence: Run, served: AuthorityServer
) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "a.asice").code == 0
    assert evidence("authority", "remove", "tsa", "--json").document["removed"] == "tsa"
    asked = len(served.requests)
    assert evidence("deposit", "case/合同.pdf", "--out", "b.asice").code == 0
    assert len(served.requests) == asked
    assert evidence("audit").code == 0
    assert "no longer asked" in evidence("authority", "list").out
