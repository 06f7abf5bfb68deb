"""The file against an operator: one encoding; and no accusation that its notes do not prove."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.contradiction import against, between
from evidence_ledger.core.misbehaviour import Differing, Misbehaviour, Prefix, SameSize, Shown
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.trust_policy import TrustedWitness
from evidence_ledger.errors import EvidenceError, FormatError, UsageError
from tests.forked_log import Branch
from tests.small_log import LOG, LOG_ML_DSA, make_key

KEYS = [LOG.verifier, LOG_ML_DSA.verifier]
A, B = Branch(4, "a"), Branch(4, "b")


def prefix(old: int = 6, size: int = 11) -> Misbehaviour:
    found = against(A.held(old), B.held(size), B.tree(size))
    assert found is not None
    return found


def node() -> Misbehaviour:
    found = between(A.certificate(9, 5), B.certificate(14, 5))
    assert found is not None
    return found


def same_size() -> Misbehaviour:
    found = between(A.held(7), B.held(7))
    assert found is not None
    return found


KINDS = {"prefix": prefix(), "node": node(), "same-size": same_size(), "power": prefix(8, 9)}


def verify(data: bytes) -> Report:
    return verify_misbehaviour(data, KEYS)


def reason(report: Report) -> tuple[Verdict, str | None]:
    """The verdict and the first reason for it."""
    return report.verdict, next(one.reason for one in report.steps if one.reason)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_proof_convicts(kind: str) -> None:
    found = KINDS[kind]
    assert Misbehaviour.parse(found.encode()) == found
    report = verify(found.encode())
    assert [one.verdict for one in report.steps] == [*[Verdict.PASSED] * 4, Verdict.FAILED]
    assert report.steps[4].reason == "ledger.two-histories"
    assert report.steps[4].says.startswith("The operator signed two histories.")
    assert report.facts["two_histories"] is True
    assert report.facts["conclusion"] == "The operator signed two histories."
    assert report.facts["origin"] == LOG.name


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_no_changed_bit_accuses_on_other_grounds(kind: str, data: st.DataObject) -> None:
    whole = KINDS[kind].encode()
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert verify(bytes(changed)).verdict is Verdict.INDETERMINATE


@given(st.binary(max_size=200))
def test_any_bytes_decide_nothing(data: bytes) -> None:
    for whole in (data, b"evidence-ledger/misbehaviour@v1\n" + data):
        report = verify(whole)
        assert report.verdict is Verdict.INDETERMINATE
        assert report.facts["two_histories"] is False
        assert len(report.steps) == 5


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 4000), st.binary(max_size=4))
def test_what_parses_is_written_the_same(kind: str, at: int, piece: bytes) -> None:
    whole = KINDS[kind].encode()
    at = min(at, len(whole))
    data = whole[:at] + piece + whole[at + len(piece) :]
    try:
        found = Misbehaviour.parse(data)
    except EvidenceError:
        return
    assert found.encode() == data


def test_a_consistent_pair_proves_nothing() -> None:
    hashes = tuple(A.tree(11).prefix_proof(6, 11))
    pair = Misbehaviour.of(A.note(6), A.note(11), Prefix(hashes))
    assert reason(verify(pair.encode())) == (
        Verdict.INDETERMINATE, "misbehaviour.no-contradiction",
    )  # fmt: skip


def test_an_entry_that_is_the_same_in_both_proves_nothing() -> None:
    mine, yours = A.certificate(9, 2), B.certificate(14, 2)
    pair = Misbehaviour.of(
        mine.note, yours.note, Differing((0, 2), mine.nodes[0, 2], yours.nodes[0, 2])
    )
    assert reason(verify(pair.encode()))[1] == "misbehaviour.no-contradiction"


def test_a_forged_prefix_proof_is_no_accusation() -> None:
    """It gives another older root, but does not lead to the newer one."""
    hashes = tuple(B.tree(11).prefix_proof(6, 11))
    forged = Misbehaviour.of(A.note(6), A.note(11), Prefix(hashes))
    assert reason(verify(forged.encode())) == (Verdict.INDETERMINATE, "misbehaviour.proof")


def test_a_forged_node_is_no_accusation() -> None:
    mine, yours = A.certificate(9, 5), A.certificate(14, 5)
    other = Shown(B.certificate(14, 5).nodes[0, 5].hash, yours.nodes[0, 5].path)
    forged = Misbehaviour.of(mine.note, yours.note, Differing((0, 5), mine.nodes[0, 5], other))
    assert reason(verify(forged.encode())) == (Verdict.INDETERMINATE, "merkle.inclusion")


def test_a_node_that_one_tree_does_not_hold_whole_is_no_accusation() -> None:
    """The last node of a tree of 9 covers one leaf there, and two in the tree of 14."""
    mine, yours = A.certificate(9, 8), A.certificate(14, 8)
    forged = Misbehaviour.of(
        mine.note, yours.note, Differing((1, 4), mine.nodes[0, 8], yours.nodes[1, 4])
    )
    assert reason(verify(forged.encode())) == (Verdict.INDETERMINATE, "merkle.no-such-node")


def test_one_signature_only_is_no_accusation() -> None:
    other = make_key(LOG.name)
    stranger = replace(B, signers=(other,)).note(7)
    pair = Misbehaviour.of(A.note(7), stranger, SameSize())
    assert reason(verify(pair.encode())) == (Verdict.INDETERMINATE, "misbehaviour.unsigned")


def test_a_forged_signature_is_no_accusation() -> None:
    note = B.note(7)
    broken = replace(note.signatures[0], signature=bytes(64))
    pair = Misbehaviour.of(A.note(7), Note(note.text, (broken,)), SameSize())
    assert reason(verify(pair.encode())) == (Verdict.INDETERMINATE, "note.bad-signature")


def test_two_ledgers_may_hold_different_entries() -> None:
    """Also where one key signs for both names: no name is that of the other."""
    other = replace(B, origin="log.example/8", signers=(replace(LOG, name="log.example/8"),))
    pair = Misbehaviour.of(A.note(7), other.note(7), SameSize())
    keys = [*KEYS, replace(LOG, name="log.example/8").verifier]
    report = verify_misbehaviour(pair.encode(), keys)
    assert reason(report) == (Verdict.INDETERMINATE, "misbehaviour.two-ledgers")


def test_an_unknown_key_accuses_nobody() -> None:
    """Whoever makes up a key can make up two histories."""
    report = verify_misbehaviour(prefix().encode(), [make_key("other.example").verifier])
    assert reason(report) == (Verdict.INDETERMINATE, "misbehaviour.no-key")
    assert reason(verify_misbehaviour(prefix().encode(), [])) == (
        Verdict.INDETERMINATE, "misbehaviour.no-key",
    )  # fmt: skip


def test_a_key_named_like_the_ledger_that_did_not_sign_accuses_nobody() -> None:
    report = verify_misbehaviour(prefix().encode(), [LOG_ML_DSA.verifier])
    assert reason(report) == (Verdict.INDETERMINATE, "misbehaviour.unsigned")


def test_different_keys_of_one_ledger_are_the_same_operator() -> None:
    second = replace(B, signers=(LOG_ML_DSA,))
    pair = Misbehaviour.of(A.note(7), second.note(7), SameSize())
    assert verify(pair.encode()).verdict is Verdict.FAILED


def test_same_size_is_no_proof_for_two_sizes() -> None:
    pair = Misbehaviour.of(A.note(6), B.note(11), SameSize())
    assert reason(verify(pair.encode())) == (Verdict.INDETERMINATE, "misbehaviour.sizes")


def test_witnesses_of_both_histories_are_named() -> None:
    one, other = make_key("one.example"), make_key("other.example")
    first = replace(A, signers=(LOG, one, other)).note(7)
    second = replace(B, signers=(LOG, one)).note(7)
    policy = [TrustedWitness(key.name, key.verifier) for key in (one, other)]
    pair = Misbehaviour.of(first, second, SameSize())
    report = verify_misbehaviour(pair.encode(), KEYS, policy)
    assert report.facts["witnesses_of_both"] == ["one.example"]


def test_the_same_tree_twice_is_no_evidence() -> None:
    with pytest.raises(UsageError):
        Misbehaviour.of(A.note(7), A.note(7), SameSize())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"@v1", b"@v2"), "misbehaviour.newer"),
        ((b"evidence-", b"Evidence-"), "misbehaviour.first-line"),
        ((b"\nprefix\n", b"\nprefixes\n"), "misbehaviour.kind"),
        ((b"\nprefix\n", b"\nsame-size\n"), "misbehaviour.kind"),
        ((b"\nprefix\n", b"\nnode 0 1\n"), "misbehaviour.sides"),
        ((b"\n\n", b"\n"), "misbehaviour.parts"),
        ((b"\nprefix\n", "\nprefix\nÄ\n".encode()), "misbehaviour.not-ascii"),
        ((b"\nprefix\n", b"\nprefix\nAAAA\n"), "misbehaviour.hash-length"),
        ((b"\nprefix\n", b"\nprefix\n" + b"AAAA\n" * 200), "misbehaviour.too-many-hashes"),
    ],
)  # fmt: skip
def test_each_defect_of_form_has_its_code(change: tuple[bytes, bytes], code: str) -> None:
    data = prefix().encode().replace(*change, 1)
    with pytest.raises(FormatError) as caught:
        Misbehaviour.parse(data)
    assert caught.value.reason == code
    assert verify(data).verdict is Verdict.INDETERMINATE


def test_checkpoints_stand_in_one_order() -> None:
    found = prefix()
    turned = Misbehaviour(found.second, found.first, found.proof)
    with pytest.raises(FormatError, match="in order"):
        Misbehaviour.parse(turned.encode())
    assert Misbehaviour.of(found.second, found.first, found.proof) == found


def test_a_file_has_an_end() -> None:
    with pytest.raises(FormatError, match="more than"):
        Misbehaviour.parse(prefix().encode() + b"x" * (3 << 20))
