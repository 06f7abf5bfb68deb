"""Certificates with cosignatures against trust policies: who counts, and what is said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import FormatError
from tests.fake_witness import FakeWitness
from tests.small_log import TestKey, make_key
from tests.workbench import ORIGIN, Workbench, found, step, written

FAILED, INDETERMINATE, PASSED = Verdict.FAILED, Verdict.INDETERMINATE, Verdict.PASSED
ED25519 = KeyType.ED25519_COSIGNATURE


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench(tmp_path_factory.mktemp("witnessed"))
    made.witnesses = [FakeWitness(name, made.clock) for name in ("court", "bar")]
    made.ledger = made.reopened()
    made.deposit()
    made.ledger.seal()
    yield made
    made.store.close()


def table(name: str, *keys: TestKey, more: str = "") -> str:
    return "".join(
        f'[[witness]]\nname = "{name}"\nvkey = "{key.verifier.encode()}"\n{more}' for key in keys
    )


def keys_of(bench: Workbench, name: str) -> Sequence[TestKey]:
    (one,) = [one for one in bench.witnesses if one.name == name]
    assert isinstance(one, FakeWitness)
    return one.keys


def checked(bench: Workbench, witnesses: str, parts: Certificate | None = None) -> Report:
    policy = bench.policy(witnesses=witnesses, time="[time]\nauthorities = 2\nindependent = 2\n")
    return bench.check(written(parts or bench.issue(0)), policy=policy)


def with_line(bench: Workbench, line: bytes) -> Certificate:
    """The certificate with one more signature line in its proof."""
    parts = bench.issue(0)
    proof = TlogProof.parse(parts.proof)
    whole = replace(proof, checkpoint_note=proof.checkpoint_note + line)
    return replace(parts, proof=whole.encode())


def with_cosigner(bench: Workbench, key: TestKey) -> Certificate:
    """The certificate with the cosignature of one more key."""
    text = Note.parse(bench.issue(0).checkpoint).text
    return with_line(bench, key.line(text, int(bench.clock.now().timestamp())))


def test_it_is_said_who_cosigned_and_when(bench: Workbench) -> None:
    text = table("Court", *keys_of(bench, "court")) + "[quorum]\nwitnesses = 1\n"
    report = checked(bench, text)
    assert report.verdict is PASSED
    assert step(report, "8").says == "Cosigned by Court on 2026-11-22 12:00:00 UTC."
    facts = report.facts["witnesses"]
    assert isinstance(facts, list)
    assert [(one["name"], one["time"]) for one in facts] == [("Court", "2026-11-22T12:00:00Z")] * 2


def test_both_keys_of_one_witness_count_once(bench: Workbench) -> None:
    text = table("Court", *keys_of(bench, "court")) + "[quorum]\nwitnesses = 2\n"
    report = checked(bench, text)
    assert found(report, "8") == (INDETERMINATE, "checkpoint.witnesses")
    assert report.verdict is INDETERMINATE
    assert "1 of 2 witnesses" in step(report, "8").says


def test_what_is_missing_of_a_group_is_said(bench: Workbench) -> None:
    text = (
        table("Court", *keys_of(bench, "court"))
        + table("Notary", make_key("notary.example"))
        + '[[group]]\nname = "houses"\nmembers = ["Court", "Notary"]\n'
        + '[quorum]\ngroup = "houses"\n'
    )
    says = step(checked(bench, text), "8").says
    assert says == (
        "Cosigned by Court on 2026-11-22 12:00:00 UTC. "
        "The trust policy asks for more: so far 1 of 2 in the group houses."
    )


def test_who_cosigned_is_known_although_the_quorum_is_not_met(bench: Workbench) -> None:
    text = table("Court", *keys_of(bench, "court")) + "[quorum]\nwitnesses = 2\n"
    facts = checked(bench, text).facts["witnesses"]
    assert isinstance(facts, list)
    assert len(facts) == 2


@pytest.mark.parametrize(
    ("quorum", "verdict"),
    [
        ("witnesses = 2", PASSED),
        ("witnesses = 2\nindependent = 1", PASSED),
        ("witnesses = 2\nindependent = 2", INDETERMINATE),
        ("independent = 2", INDETERMINATE),
    ],
)
def test_a_witness_that_the_operator_runs_is_never_independent(
    bench: Workbench, quorum: str, verdict: Verdict
) -> None:
    text = (
        table("Court", *keys_of(bench, "court"))
        + table("Own", *keys_of(bench, "bar"), more="operator_run = true\n")
        + f"[quorum]\n{quorum}\n"
    )
    report = checked(bench, text)
    assert report.verdict is verdict
    assert "Own (run by the ledger's operator)" in step(report, "8").says


def test_a_key_under_the_ledgers_own_name_is_no_witness(bench: Workbench) -> None:
    """The ledger's operator makes a further key under the ledger's origin."""
    own = make_key(ORIGIN, ED25519)
    text = table("Court", own) + "[quorum]\nwitnesses = 1\n"
    report = checked(bench, text, with_cosigner(bench, own))
    assert found(report, "8") == (INDETERMINATE, "checkpoint.witnesses")


def test_the_ledgers_own_public_key_is_no_witness_under_any_name(bench: Workbench) -> None:
    seed = hashlib.sha256(ORIGIN.encode()).digest()
    own = TestKey("innocent.example", ED25519, seed)
    with pytest.raises(FormatError) as refused:
        checked(bench, table("Court", own) + "[quorum]\nwitnesses = 1\n", with_cosigner(bench, own))
    assert refused.value.reason == "policy.same-key"


def test_a_wrong_line_of_a_known_witness_condemns_the_certificate(bench: Workbench) -> None:
    key = make_key("notary.example")
    line = SignatureLine(key.name, key.verifier.key_id, bytes(72)).encode()
    parts = with_line(bench, line)
    assert found(checked(bench, table("Notary", key), parts), "8") == (
        FAILED,
        "note.bad-signature",
    )
    assert found(checked(bench, "", parts), "8") == (PASSED, None)


def test_a_cosignature_of_another_checkpoint_condemns_the_certificate(bench: Workbench) -> None:
    key = make_key("notary.example")
    line = key.line(b"ledger.example/test\n9\n" + b"A" * 43 + b"=\n")
    parts = with_line(bench, line)
    assert found(checked(bench, table("Notary", key), parts), "8")[0] is FAILED


def test_a_cosignature_made_after_the_moment_judged_does_not_count(bench: Workbench) -> None:
    text = table("Court", *keys_of(bench, "court")) + "[quorum]\nwitnesses = 1\n"
    data = written(bench.issue(0))
    policy = bench.policy(witnesses=text)
    early = bench.clock.now() - timedelta(minutes=6)
    assert found(bench.check(data, policy=policy, at=early), "8") == (
        INDETERMINATE,
        "checkpoint.witnesses",
    )
    late = bench.clock.now() + timedelta(minutes=6)
    assert found(bench.check(data, policy=policy, at=late), "8") == (PASSED, None)


def test_a_cosignature_without_a_time_counts_and_says_none(bench: Workbench) -> None:
    key = make_key("notary.example", KeyType.ML_DSA_44)
    line = key.line(Note.parse(bench.issue(0).checkpoint).text, 0)
    parts = with_line(bench, line)
    text = table("Notary", key) + "[quorum]\nwitnesses = 1\n"
    report = checked(bench, text, parts)
    assert step(report, "8").says == "Cosigned by Notary."


def test_a_policy_without_witnesses_asks_for_none_and_says_who_there_is(bench: Workbench) -> None:
    text = table("Court", *keys_of(bench, "court"))
    assert step(checked(bench, text), "8").says == (
        "The trust policy asks for no witness. Cosigned by Court on 2026-11-22 12:00:00 UTC."
    )
    assert step(checked(bench, ""), "8").says == (
        "The trust policy asks for no witness. No witness that the trust policy names has cosigned."
    )
