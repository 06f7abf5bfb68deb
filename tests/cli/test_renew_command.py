"""``evidence renew``"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

END = "2070-01-01"


@pytest.fixture
def sealed(desk: Path, evidence: Run) -> Path:
    """A ledger with one sealed deposit."""
    assert evidence("deposit", desk / "case" / "lease.txt", "--out", "lease.asice").code == 0
    return desk


@pytest.mark.usefixtures("sealed")
def test_nothing_is_due_at_first(evidence: Run) -> None:
    assert evidence("renew").out == "Nothing was renewed.\n"
    answer = evidence("renew", "--due")
    assert answer.code == 0
    assert answer.out.startswith("Nothing weakens until ")


@pytest.mark.usefixtures("sealed")
def test_what_is_due_is_listed_and_not_renewed(evidence: Run) -> None:
    answer = evidence("renew", "--due", "--before", END)
    assert "local, seal 0: X.509 certificate; needs a timestamp renewal" in answer.out
    assert "evidence renew" in answer.err
    (due,) = evidence("renew", "--due", "--before", END, "--json").document["due"]
    assert (due["seal"], due["because"], due["needs"]) == (
        0,
        "X.509 certificate",
        "timestamp renewal",
    )
    assert evidence("renew", "--due", "--all", "--json").document["due"][0]["renewal"] is None


def test_a_renewal_and_the_certificate_after_it(sealed: Path, evidence: Run) -> None:
    answer = evidence("renew", "--all")
    assert "Renewal 0: timestamps, sha256, named in entry 2." in answer.out
    assert "Export certificates again" in answer.err
    document = evidence("renew", "--digest", "sha3-256", "--json").document
    assert document["renewals"] == [
        {"renewal": 1, "kind": "tree", "digest": "sha3_256", "authorities": ["local"], "entry": 3}
    ]
    assert (document["renewed"], document["objects_without_digest"]) == (1, 1)
    assert evidence("export", "0", "--out", "renewed.asice").code == 0
    policy = sealed / "ledger" / "trust.toml"
    assert evidence("verify", "renewed.asice", "--policy", policy).code == 0
    assert evidence("audit").code == 0


def test_end_dates_come_from_the_trust_policy(sealed: Path, evidence: Run) -> None:
    policy = sealed / "strict.toml"
    own = (sealed / "ledger" / "trust.toml").read_text()
    policy.write_text(f"{own}\n[algorithms]\nsha256 = 2030-12-31\n")
    options = ("--before", "2031-06-01", "--policy", policy)
    (due,) = evidence("renew", "--due", *options, "--json").document["due"]
    assert (due["weakens_on"], due["because"]) == ("2030-12-31T23:59:59Z", "sha256")
    assert due["needs"] == "hash-tree renewal"
    answer = evidence("renew", *options)
    assert (answer.code, answer.out) == (0, "Nothing was renewed.\n")
    assert "--digest sha512" in answer.err
    left = evidence("renew", *options, "--json").document["left"]
    assert [one["code"] for one in left] == ["needs-digest"]


@pytest.mark.usefixtures("sealed")
def test_contradictions_are_refused(evidence: Run) -> None:
    assert evidence("renew", "--all", "--digest", "sha512").code == 2
    assert evidence("renew", "--all", "--before", END).code == 2
    assert evidence("renew", "--digest", "sha256").code == 2


def test_without_a_ledger(tmp_path: Path, evidence: Run) -> None:
    answer = evidence("renew", "--home", tmp_path, "--json")
    assert answer.code >= 4
    assert answer.document["error"]["code"]
