"""The keys of the ledger that signed the checkpoint, and those that the policy names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.entry import parse
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verifier_key import KeyType
from tests.fakes import NOON
from tests.verification.subject import FAILED, INDETERMINATE, PASSED, Subject
from tests.workbench import ORIGIN, found, note_signers


def test_a_ledger_that_the_policy_does_not_name_is_undecided(subject: Subject) -> None:
    stranger = note_signers("other.example")[0].vkey
    policy = subject.bench.policy(log=f'[[log]]\nvkeys = ["{stranger}"]\n')
    assert found(subject.check(subject.parts, policy), "7") == (
        INDETERMINATE,
        "checkpoint.unknown-log",
    )


def test_another_key_of_the_same_name_is_undecided(subject: Subject) -> None:
    impostor = SoftwareNoteSigner(ORIGIN, KeyType.ED25519, b"i" * 32).vkey
    policy = subject.bench.policy(log=f'[[log]]\nvkeys = ["{impostor}"]\n')
    assert found(subject.check(subject.parts, policy), "7") == (
        INDETERMINATE,
        "checkpoint.unsigned",
    )


def without_line(parts: Certificate, at: int) -> Certificate:
    lines = parts.checkpoint.splitlines(keepends=True)
    del lines[at]
    checkpoint = b"".join(lines)
    proof = replace(TlogProof.parse(parts.proof), checkpoint_note=checkpoint)
    return replace(parts, checkpoint=checkpoint, proof=proof.encode())


@pytest.mark.parametrize("line", [-1, -2])
def test_one_of_two_log_keys_missing_is_undecided(subject: Subject, line: int) -> None:
    report = subject.check(without_line(subject.parts, line))
    assert found(report, "7") == (INDETERMINATE, "checkpoint.unsigned")


def test_own_keys_that_did_not_sign_are_refused_and_none_are_undecided(subject: Subject) -> None:
    stranger = note_signers("other.example")[0].vkey.encode() + b"\n"
    report = subject.check(replace(subject.parts, vkeys=stranger), None)
    assert found(report, "7") == (FAILED, "checkpoint.own-keys")
    report = subject.check(replace(subject.parts, vkeys=b""), None)
    assert found(report, "7") == (INDETERMINATE, "checkpoint.no-policy")


def test_an_unsigned_tree_of_the_right_name_is_undecided(subject: Subject) -> None:
    """Anyone can write a checkpoint over one entry; only the ledger's keys make it its own."""
    impostors = [SoftwareNoteSigner(ORIGIN, KeyType.ED25519, b"j" * 32)]
    entry = replace(parse(subject.parts.entry), index=0).encode()
    text = Checkpoint(ORIGIN, 1, leaf_hash(entry)).encode()
    note = text + b"\n" + b"".join(one.sign(text, NOON) for one in impostors)
    parts = replace(
        subject.parts,
        entry=entry,
        checkpoint=note,
        proof=TlogProof(0, (), note).encode(),
        records=(),
    )
    report = subject.check(parts)
    assert found(report, "6")[0] is PASSED
    assert found(report, "7") == (INDETERMINATE, "checkpoint.unsigned")
    assert report.verdict is INDETERMINATE
