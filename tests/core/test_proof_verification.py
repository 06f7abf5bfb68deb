"""tlog-proofs end to end: a production proof with its witnesses, and what must not pass."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.proof_verification import verify_proof
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.tlog_policy import TlogPolicy
from evidence_ledger.core.tlog_proof import TlogProof
from tests.core.test_checkpoint_check import WITNESSES, make_policy
from tests.small_log import LOG, SmallLog, TestKey, make_key

SMALL = SmallLog([b"entry %d" % n for n in range(13)])
PROOF = SMALL.proof(6, SMALL.note(*WITNESSES))
POLICY = make_policy("all")


class Production:
    """The corpus's production proof, its leaf, and a policy that wants every known witness."""

    def __init__(self, corpus: Path) -> None:
        folder = corpus / "tlog-proof"
        self.proof = (folder / "proof_7271.tlog-proof").read_bytes()
        self.leaf = (folder / "leaf_7271.raw").read_bytes()
        lines = (folder / "vkeys.txt").read_text().splitlines()
        log, *witnesses = [line for line in lines if line and not line.startswith("#")]
        rows = [f"witness W{n} {vkey}" for n, vkey in enumerate(witnesses)]
        names = " ".join(f"W{n}" for n in range(len(witnesses)))
        text = "\n".join([f"log {log}", *rows, f"group all all {names}", "quorum all", ""])
        self.policy = TlogPolicy.parse(text.encode())

    def verify(self, proof: bytes) -> Report:
        return verify_proof(proof, self.leaf, self.policy)

    def proved(self) -> list[int]:
        """The bytes that a line outside the policy does not hold."""
        ignored = set(self.verify(self.proof).facts["ignored_signatures"])  # type: ignore[call-overload]  # facts hold JSON values
        kept: list[int] = []
        at = 0
        for line in self.proof.splitlines(keepends=True):
            words = line.decode().split(" ")
            if not (line.startswith("—".encode()) and _label(words) in ignored):
                kept += range(at, at + len(line))
            at += len(line)
        return kept


def _label(words: list[str]) -> str:
    return f"{words[1]}+{b64decode(words[2])[:4].hex()}"


@pytest.fixture(scope="module")
def production(corpus: Path) -> Production:
    return Production(corpus)


def test_a_production_proof_passes_with_all_its_known_witnesses(production: Production) -> None:
    report = production.verify(production.proof)
    assert report.verdict is Verdict.PASSED
    assert [step.verdict for step in report.steps] == [Verdict.PASSED] * 4
    witnesses = report.facts["witnesses"]
    assert isinstance(witnesses, list)
    assert len(witnesses) == 7
    assert {one["time"][:10] for one in witnesses} == {"2026-08-14"}
    assert report.facts["ignored_signatures"] == [
        "rgdd.se/poc-witness+db03732e",
        "witness1.smartit.nu/witness1+a48c820f",
        "markovianprotocol.com/log+bda842cb",
    ]


def test_no_changed_byte_of_a_production_proof_passes(production: Production) -> None:
    places = production.proved()
    assert len(places) > 7000
    for at in places:
        changed = bytearray(production.proof)
        changed[at] ^= 1 << at % 8
        report = production.verify(bytes(changed))
        assert report.verdict is not Verdict.PASSED, f"byte {at}"


def test_a_changed_line_of_a_stranger_proves_nothing_more(production: Production) -> None:
    facts = production.verify(production.proof).facts
    proved, data = set(production.proved()), production.proof
    for at in [n for n in range(len(data)) if n not in proved][::50]:
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        report = production.verify(bytes(changed))
        if report.verdict is Verdict.PASSED:
            assert report.facts["witnesses"] == facts["witnesses"]
            assert report.facts["root"] == facts["root"]


def test_no_changed_byte_of_the_leaf_passes(production: Production) -> None:
    for at in range(len(production.leaf)):
        changed = bytearray(production.leaf)
        changed[at] ^= 1 << at % 8
        report = verify_proof(production.proof, bytes(changed), production.policy)
        assert report.verdict is Verdict.FAILED
        assert report.steps[3].reason == "merkle.inclusion"


@given(st.integers(0, len(PROOF) - 1), st.integers(0, 7))
def test_no_changed_bit_of_our_proof_passes(at: int, bit: int) -> None:
    changed = bytearray(PROOF)
    changed[at] ^= 1 << bit
    assert verify_proof(bytes(changed), b"entry 6", POLICY).verdict is not Verdict.PASSED


@given(st.integers(0, 12))
def test_our_proofs_pass(index: int) -> None:
    proof = SMALL.proof(index, SMALL.note(*WITNESSES))
    report = verify_proof(proof, b"entry %d" % index, POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.facts["index"] == index
    assert report.facts["unproved_extra"] is False


@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(data: bytes) -> None:
    report = verify_proof(data, b"entry 6", POLICY)
    assert report.verdict is Verdict.FAILED
    assert len(report.steps) == 4


def _verdict(proof: bytes, policy: TlogPolicy = POLICY) -> tuple[Verdict, list[str | None]]:
    report = verify_proof(proof, b"entry 6", policy)
    return report.verdict, [step.reason for step in report.steps]


def test_an_unknown_log_is_not_decided() -> None:
    policy = make_policy("none", logs=[make_key("other.example")])
    skipped = "step.not-reached"
    assert _verdict(PROOF, policy) == (
        Verdict.INDETERMINATE,
        [None, "checkpoint.unknown-origin", skipped, skipped],
    )


def test_a_missing_witness_is_not_decided() -> None:
    proof = SMALL.proof(6, SMALL.note(WITNESSES[0]))
    assert _verdict(proof) == (Verdict.INDETERMINATE, [None, None, "checkpoint.quorum", None])


def test_the_logs_own_cosignature_is_no_witness() -> None:
    own = TestKey(LOG.name, make_key("x").type, LOG.seed)
    proof = SMALL.proof(6, SMALL.note(own))
    verdict, reasons = _verdict(proof, make_policy("W0", [own]))
    assert (verdict, reasons[2]) == (Verdict.INDETERMINATE, "checkpoint.quorum")


def test_a_proof_under_a_checkpoint_of_another_size_is_refused() -> None:
    larger = SmallLog([b"entry %d" % n for n in range(14)])
    proof = replace(TlogProof.parse(PROOF), checkpoint_note=larger.note(*WITNESSES).encode())
    assert _verdict(proof.encode())[0] is Verdict.FAILED


def test_a_proof_for_another_index_is_refused() -> None:
    proof = replace(TlogProof.parse(PROOF), index=7)
    assert _verdict(proof.encode())[0] is Verdict.FAILED


def test_extra_data_is_named_as_unproved() -> None:
    proof = replace(TlogProof.parse(PROOF), extra=b"hello")
    report = verify_proof(proof.encode(), b"entry 6", POLICY)
    assert (report.verdict, report.facts["unproved_extra"]) == (Verdict.PASSED, True)


def test_a_newer_proof_is_not_decided() -> None:
    assert _verdict(PROOF.replace(b"@v1", b"@v2"))[0] is Verdict.INDETERMINATE
