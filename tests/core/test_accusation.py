"""What is written against an operator holds line by line, and what does not is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import trust_policy
from evidence_ledger.core.accusation import only_verified
from evidence_ledger.core.contradiction import between
from evidence_ledger.core.held import Held
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import Undecided
from tests.forked_log import Branch
from tests.small_log import LOG, LOG_ML_DSA, TestKey, make_key, spoilt

COURT, BAR, STRANGER = (make_key(f"{name}.example") for name in ("court", "bar", "stranger"))
ALL = (LOG, LOG_ML_DSA, COURT, BAR, STRANGER)
NAMED = (LOG, LOG_ML_DSA, COURT, BAR)
KEYS = [one.verifier for one in NAMED]


def note(name: str, bad: frozenset[TestKey] = frozenset()) -> Note:
    """The checkpoint of one history, where the signatures of some are wrong."""
    signed = Branch(2, name, signers=ALL).note(5).encode()
    for one in sorted(bad, key=lambda one: (one.name, one.type)):
        signed = spoilt(signed, one)
    return Note.parse(signed)


def accused(one: Note, other: Note) -> Misbehaviour:
    found = between(Held.of(one), Held.of(other))
    assert found is not None
    return found


BAD = st.frozensets(st.sampled_from(ALL))


@given(BAD, BAD)
def test_exactly_what_verifies_is_kept(
    first: frozenset[TestKey], second: frozenset[TestKey]
) -> None:
    found = accused(note("a", first), note("b", second))
    bad = {note("a").text: first, note("b").text: second}
    if any({LOG, LOG_ML_DSA} <= one for one in (first, second)):
        with pytest.raises(Undecided) as undecided:
            only_verified(found, KEYS)
        assert undecided.value.reason == "misbehaviour.not-signed"
        return
    kept, left = only_verified(found, KEYS)
    for one in (kept.first, kept.second):
        names = [line.key_id for line in one.signatures]
        wrong = bad[one.text]
        assert names == [key.verifier.key_id for key in NAMED if key not in wrong]
        assert len(known_signatures(one, KEYS)) == len(one.signatures)
    assert len(left) == 2 + len(first - {STRANGER}) + len(second - {STRANGER})
    assert {one.key.partition("+")[0] for one in left if one.why is None} == {STRANGER.name}
    assert Misbehaviour.parse(kept.encode()) == kept
    assert verify_misbehaviour(kept.encode(), KEYS).verdict is Verdict.FAILED


def test_what_was_left_out_is_told_with_its_reason() -> None:
    _, left = only_verified(accused(note("a", frozenset({COURT})), note("b")), KEYS)
    told = {one.key: one for one in left if one.why}
    key = f"{COURT.name}+{COURT.verifier.key_id.hex()}"
    assert told.keys() == {key}
    assert told[key].to_json() == {"size": 5, "key": key, "reason": "note.bad-signature"}
    assert told[key].says.startswith(f"Left out under the checkpoint of 5 entries: {key}. ")
    unknown = next(one for one in left if one.why is None)
    assert unknown.to_json()["reason"] is None
    assert "You have named no such key." in unknown.says


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ([], "misbehaviour.no-key"),
        ([COURT.verifier], "misbehaviour.no-key"),
        ([make_key(LOG.name).verifier], "misbehaviour.not-signed"),
    ],
)
def test_without_a_key_of_the_ledger_nothing_is_written(
    keys: list[VerifierKey], reason: str
) -> None:
    with pytest.raises(Undecided) as undecided:
        only_verified(accused(note("a"), note("b")), keys)
    assert undecided.value.reason == reason


def test_a_spoilt_line_of_one_witness_no_longer_hides_the_others() -> None:
    policy = trust_policy.parse(
        f'v = 1\nname = "x"\n[[log]]\nvkeys = ["{LOG.verifier.encode()}"]\n'
        + "".join(
            f'[[witness]]\nname = "{one.name}"\nvkey = "{one.verifier.encode()}"\n'
            for one in (COURT, BAR)
        )
    )
    found = accused(note("a", frozenset({COURT})), note("b"))
    before = verify_misbehaviour(found.encode(), KEYS, policy.witnesses)
    assert before.facts["witnesses_of_both"] == []
    kept, _ = only_verified(found, KEYS)
    after = verify_misbehaviour(kept.encode(), KEYS, policy.witnesses)
    assert after.facts["witnesses_of_both"] == [BAR.name]
    assert replace(kept, first=found.first) != kept
