"""A checkpoint against a policy: who counts, and who never does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evidence_ledger.core.checkpoint_check import check_log, check_witnesses
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.tlog_policy import TlogPolicy
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import Refused, Undecided
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, TestKey, make_key

SMALL = SmallLog([b"one", b"two", b"three"])
WITNESSES = [make_key("w0.example"), make_key("w1.example", KeyType.ML_DSA_44)]


def make_policy(
    quorum: str, witnesses: Sequence[TestKey] = WITNESSES, logs: Sequence[TestKey] = (LOG,)
) -> TlogPolicy:
    lines = [f"log {key.verifier.encode()}" for key in logs]
    lines += [f"witness W{n} {key.verifier.encode()}" for n, key in enumerate(witnesses)]
    names = " ".join(f"W{n}" for n in range(len(witnesses)))
    return TlogPolicy.parse(
        "\n".join([*lines, f"group all all {names}", f"quorum {quorum}\n"]).encode()
    )


def test_says_who_signed() -> None:
    policy, note = make_policy("all"), SMALL.note(*WITNESSES)
    checkpoint, signed = check_log(policy, note)
    assert (checkpoint.size, checkpoint.root) == (3, SMALL.root)
    assert [one.key for one in signed] == [LOG.verifier]
    cosigned = check_witnesses(policy, note, checkpoint.origin)
    assert [one.witness.name for one in cosigned] == [b"W0", b"W1"]


def test_a_log_may_sign_with_any_of_its_keys() -> None:
    policy = make_policy("none", logs=(LOG, LOG_ML_DSA))
    for signers in ([LOG], [LOG_ML_DSA], [LOG, LOG_ML_DSA]):
        _, signed = check_log(policy, SMALL.note(signers=signers))
        assert [one.key for one in signed] == [key.verifier for key in signers]


@pytest.mark.parametrize("cosigners", [[], WITNESSES[:1], WITNESSES[1:]])
def test_fewer_than_the_quorum_decide_nothing(cosigners: list[TestKey]) -> None:
    with pytest.raises(Undecided) as undecided:
        check_witnesses(make_policy("all"), SMALL.note(*cosigners), LOG.name)
    assert undecided.value.reason == "checkpoint.quorum"


def test_the_same_witness_twice_counts_once() -> None:
    note = SMALL.note(WITNESSES[0], WITNESSES[0])
    with pytest.raises(Undecided):
        check_witnesses(make_policy("all"), note, LOG.name)


def test_the_logs_own_public_key_never_counts_as_a_witness() -> None:
    """The log's private key under a witness's name and type."""
    own = TestKey("w9.example", KeyType.ED25519_COSIGNATURE, LOG.seed)
    policy = make_policy("W0", [own])
    with pytest.raises(Undecided) as undecided:
        check_witnesses(policy, SMALL.note(own), LOG.name)
    assert undecided.value.reason == "checkpoint.quorum"


def test_another_key_under_the_logs_own_name_never_counts_as_a_witness() -> None:
    policy = make_policy("W0", [LOG_ML_DSA])
    note = SMALL.note(signers=[LOG, LOG_ML_DSA])
    with pytest.raises(Undecided):
        check_witnesses(policy, note, LOG.name)


def test_a_log_outside_the_policy_decides_nothing() -> None:
    policy = make_policy("none", logs=[make_key("other.example", KeyType.ED25519)])
    with pytest.raises(Undecided) as undecided:
        check_log(policy, SMALL.note())
    assert undecided.value.reason == "checkpoint.unknown-origin"


def test_another_log_of_the_policy_can_not_sign_for_this_one() -> None:
    other = make_key("other.example", KeyType.ED25519)
    policy = make_policy("none", logs=[LOG, other])
    with pytest.raises(Undecided) as undecided:
        check_log(policy, SMALL.note(signers=[other]))
    assert undecided.value.reason == "checkpoint.unsigned"


def _with_wrong_line(key: TestKey, size: int) -> Note:
    line = SignatureLine(key.name, key.verifier.key_id, bytes(size))
    return Note(SMALL.text, (*SMALL.note(*WITNESSES).signatures, line))


def test_a_wrong_signature_of_the_log_condemns_the_checkpoint() -> None:
    with pytest.raises(Refused):
        check_log(make_policy("none"), _with_wrong_line(LOG, 64))


def test_a_wrong_cosignature_condemns_the_checkpoint_even_beyond_the_quorum() -> None:
    with pytest.raises(Refused):
        check_witnesses(make_policy("W1"), _with_wrong_line(WITNESSES[0], 72), LOG.name)
