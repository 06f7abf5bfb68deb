"""A firm deposits, a notary attests, a court orders and reads: over HTTP, in a closed ledger."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.adapters.ledger_client import LedgerClient
from evidence_ledger.assembly import open_ledger
from evidence_ledger.core import statement
from evidence_ledger.core.administration import Enrol, Settings
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import ABOUT, Reference
from evidence_ledger.errors import ServerAnswerInvalid
from tests.cli.conftest import Run, desk, evidence
from tests.cli.test_attest_commands import COURT, NOTARY
from tests.cli.test_register_commands import FIRM, write
from tests.server.acting import about, act, author, code, fingerprint, handed_in
from tests.server.running import Running

__all__ = ["desk", "evidence"]

pytestmark = pytest.mark.usefixtures("desk")
NOBODY = 102


@pytest.fixture
def served(server: Running) -> Running:
    """A closed ledger with its three signers, whose keys are in files here, and a trust policy."""
    roles = {FIRM: Role.DEPOSITOR, NOTARY: Role.NOTARY, COURT: Role.COURT}
    act(server, *[Enrol(fingerprint(one), frozenset({role})) for one, role in roles.items()])
    act(server, Settings(True))
    for one, name in ((FIRM, "firm.pem"), (NOTARY, "notary.pem"), (COURT, "court.pem")):
        write(one, name)
    trusting = "\n".join(
        f'[[signer]]\ncertificates = ["{fingerprint(one).hex()}"]\n' for one in roles
    )
    Path("trust.toml").write_text(server.home.trust.read_text() + trusting)
    return server


def test_the_whole_story(served: Running, evidence: Run) -> None:
    to = ("--server", served.url)
    deposit = ("deposit", "case/lease.txt", "--case", "4 O 1/26", "--key", "firm.pem")
    made = evidence(*deposit, *to, "--out", "lease.asice", "--json")
    assert made.code == 0, made.err
    index = made.document["index"]
    look = ("show", str(index), *to, "--key", "court.pem")
    assert evidence(*look).code == NOBODY
    attest = ("attest", "lease.asice", "case/lease.txt", "--policy", "trust.toml", *to)
    refused = evidence(*attest, "--key", "firm.pem", "--out", "a.asice")
    assert refused.code == NOBODY
    assert "not for the role depositor" in refused.err
    done = evidence(*attest, "--key", "notary.pem", "--out", "a.asice", "--json")
    assert done.code == 0, done.err
    told = done.document["attestation"]
    assert told["about"] == [index]
    check = ("verify", "a.asice", "lease.asice", "--policy", "trust.toml")
    assert evidence(*check).code == 0
    ordered = evidence("order", str(index), *to, "--key", "court.pem", "--json")
    assert ordered.code == 0, ordered.err
    assert "4 O 1/26" in evidence(*look).out
    assert f"attested by entry {told['index']}, " in evidence(*look).out
    over = evidence("hand-over", str(index), "--to", "court.pem", *to, "--key", "firm.pem")
    assert over.code == 0, over.err
    public = served.client.get(f"/v1/deposits/{index}").json()
    kinds = [(one["kind"], one["signer"]) for one in public["named_by"]]
    assert kinds == [
        ("attestation", fingerprint(NOTARY).hex()),
        ("order", fingerprint(COURT).hex()),
        ("handover", fingerprint(FIRM).hex()),
    ]
    refs = served.client.get(f"/v1/deposits/{told['index']}").json()["refs"]
    assert refs == [{"index": index, "leaf": public["leaf_hash"]}]
    place = open_ledger(served.home)
    try:
        assert place.audit().verdict is Verdict.PASSED
    finally:
        place.close()


def test_a_notary_asks_the_server_that_it_attests_on(served: Running, evidence: Run) -> None:
    to = ("--server", served.url)
    deposit = ("deposit", "case/lease.txt", "--key", "firm.pem", "--out", "lease.asice")
    assert evidence(*deposit, *to).code == 0
    attest = ("attest", "lease.asice", "--policy", "trust.toml", "--key", "notary.pem", "--online")
    done = evidence(*attest, *to, "--out", "a.asice", "--json")
    assert done.code == 0, done.err
    step = done.document["report"]["steps"][-1]
    assert (step["name"], step["verdict"]) == ("Ledger today", "PASSED")


@pytest.mark.parametrize("kind", sorted(ABOUT))
def test_every_kind_is_taken_and_hostile_references_are_not(server: Running, kind: str) -> None:
    handed_in(server, server.author).raise_for_status()
    context = about(server, 0)
    whose = author(NOTARY)
    answer = server.deposit(whose.about(kind, [("a/b", "c")], context))
    if kind == "erasure":
        assert code(answer, 409) == "ledger.not-sealed"
    else:
        assert answer.status_code == 201
    honest = statement.parse(whose.about(kind, (), context).statement)
    right = context.refs[0]
    hostile = {
        "refs.none": (),
        "refs.repeated": (right, right),
        "statement.refs": (Reference(0, bytes(32)),),
        "statement.list": tuple(Reference(at, bytes(32)) for at in range(257)),
    }
    for reason, refs in hostile.items():
        answer = server.deposit(whose.sign(replace(honest, refs=refs)))
        assert code(answer, answer.status_code) == reason
        assert 400 <= answer.status_code < 500
    future = server.deposit(whose.sign(replace(honest, refs=(Reference(99, right.leaf),))))
    assert code(future, future.status_code) == "statement.refs"


def test_a_server_that_shows_another_entry_is_not_believed(
    served: Running, monkeypatch: pytest.MonkeyPatch, evidence: Run
) -> None:
    """Its entry is sound by itself, and not the one under the ledger's checkpoint."""
    to = ("--server", served.url, "--key", "firm.pem")
    made = evidence("deposit", "case/lease.txt", *to, "--out", "lease.asice", "--json").document
    honest = LedgerClient.entry

    def false(self: LedgerClient, index: int) -> tuple[Any, bytes]:
        found, _ = honest(self, index)
        other = replace(found, signature=bytes(32))
        return other, hashlib.sha256(b"\x00" + other.encode()).digest()

    monkeypatch.setattr(LedgerClient, "entry", false)
    refused = evidence("hand-over", str(made["index"]), "--to", "court.pem", *to)
    assert refused.code == ServerAnswerInvalid.exit_code, refused.err
    assert "not under its own checkpoint" in refused.err


def test_a_matter_is_marked_on_both_sides(served: Running, evidence: Run) -> None:
    to = ("--server", served.url, "--key", "firm.pem", "--case", "4 O 1/26")
    made = evidence("deposit", "case/lease.txt", *to, "--out", "lease.asice", "--json").document
    over = ("hand-over", str(made["index"]), "--to", "court.pem", *to, "--out", "over.asice")
    assert evidence(*over).code == 0
    complete = ("matter", "certify", "4 O 1/26", "--server", served.url, "--out", "all.asice")
    assert evidence(*complete).code == 0
    check = ("verify", "all.asice", "lease.asice", "over.asice", "--policy", "trust.toml")
    report = evidence(*check, "--json").document
    assert report["verdict"] == "PASSED", report
