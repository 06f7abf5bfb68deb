"""Cosignatures: as many witnesses as the policy asks for, each counted once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verifier_key import KeyType
from tests.fakes import NOON
from tests.verification.subject import FAILED, INDETERMINATE, PASSED, Subject
from tests.workbench import found, note_signers

WITNESSES = [
    SoftwareNoteSigner(f"w{number}.example", kind, bytes([number]) * 32)
    for number, kind in enumerate(
        (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44, KeyType.ED25519_COSIGNATURE)
    )
]


def cosigned(parts: Certificate, *witnesses: SoftwareNoteSigner) -> Certificate:
    proof = TlogProof.parse(parts.proof)
    text = proof.checkpoint_note.partition(b"\n\n")[0] + b"\n"
    lines = b"".join(one.sign(text, NOON) for one in witnesses)
    note = proof.checkpoint_note + lines
    return replace(parts, proof=replace(proof, checkpoint_note=note).encode())


def witnesses(required: int, *names: str) -> str:
    named = zip(WITNESSES, names, strict=False)
    tables = [f'[[witness]]\nname = "{name}"\nvkey = "{one.vkey}"\n' for one, name in named]
    return "".join(tables) + f"[quorum]\nwitnesses = {required}\n"


@pytest.mark.parametrize(
    ("names", "present", "expected"),
    [
        (("A", "B", "C"), (0, 1), PASSED),
        (("A", "B", "C"), (1, 2), PASSED),
        (("A", "B", "C"), (1,), INDETERMINATE),
        (("A", "B", "C"), (), INDETERMINATE),
        (("A", "A", "C"), (0, 1), INDETERMINATE),
        (("A", "A", "C"), (0, 2), PASSED),
        (("A",), (0, 1, 2), INDETERMINATE),
    ],
)
def test_so_many_witnesses_as_the_policy_asks_for(
    subject: Subject, names: tuple[str, ...], present: tuple[int, ...], expected: Verdict
) -> None:
    policy = subject.bench.policy(witnesses=witnesses(2, *names))
    parts = cosigned(subject.parts, *(WITNESSES[at] for at in present))
    assert found(subject.check(parts, policy), "8")[0] is expected


def test_a_wrong_cosignature_of_a_known_witness_is_refused(subject: Subject) -> None:
    parts = cosigned(subject.parts, WITNESSES[0])
    proof = TlogProof.parse(parts.proof)
    policy = subject.bench.policy(witnesses=witnesses(0, "A"))
    good = proof.checkpoint_note
    bad = good[:-10] + (b"AAAA" if good[-10:-6] != b"AAAA" else b"BBBB") + good[-6:]
    report = subject.check(
        replace(parts, proof=replace(proof, checkpoint_note=bad).encode()), policy
    )
    assert found(report, "8") == (FAILED, "note.bad-signature")


def test_the_ledgers_own_cosignature_is_no_witness(subject: Subject) -> None:
    own = note_signers()[1]
    policy = subject.bench.policy(
        log=f'[[log]]\nvkeys = ["{note_signers()[0].vkey}", "{own.vkey}"]\n',
        witnesses=f'[[witness]]\nname = "W"\nvkey = "{own.vkey}"\n[quorum]\nwitnesses = 1\n',
    )
    with pytest.raises(Exception, match="named twice"):
        subject.check(subject.parts, policy)
