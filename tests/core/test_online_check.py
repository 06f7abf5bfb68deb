"""Asking a log whether it stands by a checkpoint: continued, contradicted, or not decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.online_check import follow
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tile import TilePath
from evidence_ledger.errors import LogUnreachable, Undecided
from tests.forked_log import Branch
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key, spoilt

KEYS = [LOG.verifier]


def served(fork: int, size: int, name: str = "b") -> SmallLog:
    """The files of a branch."""
    names = ("" if number < fork else name for number in range(size))
    return SmallLog([f"{one}{number}".encode() for number, one in enumerate(names)])


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 30))
def test_a_log_that_is_as_large_or_larger_continues_or_contradicts(
    old: int, size: int, fork: int
) -> None:
    old, size = min(old, size), max(old, size)
    answer = follow(Branch(fork).held(old), served(fork, size), KEYS)
    assert (answer.found is not None) == (fork < old)
    if answer.found is not None:
        assert verify_misbehaviour(answer.found.encode(), KEYS).verdict is Verdict.FAILED


@pytest.mark.parametrize(("old", "size"), [(255, 600), (256, 600), (300, 513), (512, 600)])
def test_across_tiles(old: int, size: int) -> None:
    assert follow(Branch(999).held(old), served(999, size), KEYS).found is None
    found = follow(Branch(old - 1).held(old), served(old - 1, size), KEYS).found
    assert found is not None
    assert verify_misbehaviour(found.encode(), KEYS).verdict is Verdict.FAILED


def test_two_roots_of_one_size_need_no_tiles() -> None:
    log = served(3, 7)
    log.files = {"checkpoint": log.files["checkpoint"]}
    assert follow(Branch(3).held(7), log, KEYS).found is not None


@pytest.mark.parametrize("old", [5, 7, 9])
def test_a_spoilt_second_signature_does_not_stop_a_conviction(old: int) -> None:
    keys = [LOG.verifier, LOG_ML_DSA.verifier]
    log = served(3, 9)
    both = log.text + b"\n" + LOG.line(log.text) + LOG_ML_DSA.line(log.text)
    log.files["checkpoint"] = spoilt(both, LOG_ML_DSA)
    found = follow(Branch(3).held(old), log, keys).found
    assert found is not None
    assert verify_misbehaviour(found.encode(), keys).verdict is Verdict.FAILED
    with pytest.raises(Undecided) as caught:
        follow(Branch(3, "b").held(old), log, keys)
    assert caught.value.reason == "note.bad-signature"


def test_a_log_that_has_grown_may_have_the_full_tile_alone() -> None:
    """Partial tiles may go once the full one is there (tlog-tiles), and not before."""
    log = served(999, 300)
    kept = {name: log.files[name] for name in ("checkpoint", "tile/1/000.p/1")}
    log.files = dict(served(999, 600).files) | kept
    assert TilePath(0, 1, 44).encode() not in log.files
    assert follow(Branch(999).held(200), log, KEYS).found is None


def test_an_older_state_is_not_decided() -> None:
    with pytest.raises(Undecided) as caught:
        follow(Branch(9).held(8), served(9, 5), KEYS)
    assert caught.value.reason == "online.behind"


def test_what_is_wrong_there_is_no_defect_of_what_is_held() -> None:
    """Nothing but two histories may be FAILED."""
    log = served(9, 7)
    note = log.files["checkpoint"]
    for wrong in (note[:-1], note[:-3] + b"A=\n", note.replace(b"\n7\n", b"\n8\n"), b""):
        log.files["checkpoint"] = wrong
        with pytest.raises(Undecided):
            follow(Branch(9).held(5), log, KEYS)
    log.files["checkpoint"] = note
    with pytest.raises(Undecided):
        follow(Branch(9).held(5), log, [make_key(LOG.name).verifier])
    del log.files["tile/0/000.p/7"]
    with pytest.raises(LogUnreachable):
        follow(Branch(9).held(5), log, KEYS)


@pytest.mark.parametrize(("old", "size"), [(1, 272), (100, 300), (100, 600), (300, 600)])
def test_a_damaged_tile_convicts_nobody(old: int, size: int) -> None:
    sound = dict(served(999, size).files)
    for path in sound:
        if path == "checkpoint" or path.startswith("tile/entries"):
            continue
        spoilt = bytearray(sound[path])
        spoilt[5] ^= 1
        log = served(999, size)
        log.files = sound | {path: bytes(spoilt)}
        try:
            answer = follow(Branch(999).held(old), log, KEYS)
        except Undecided:
            continue
        assert answer.found is None, path


def test_the_tiles_of_the_history_that_is_asked_about_hide_no_fork() -> None:
    """A server that forked at entry 50 gives out the old tile to whoever asks about size 100."""
    log = served(50, 600)
    log.files["tile/0/000"] = served(999, 600).files["tile/0/000"]
    with pytest.raises(Undecided) as caught:
        follow(Branch(999).held(100), log, KEYS)
    assert caught.value.reason == "online.tile"


@pytest.mark.parametrize(
    ("old", "size", "said"),
    [
        (1, 1, "this state of 1 entry."),
        (1, 2, "has 2 entries now, and begins with this one."),
        (2, 3, "begins with these 2."),
    ],
)
def test_one_entry_is_singular(old: int, size: int, said: str) -> None:
    assert follow(Branch(9).held(old), served(9, size), KEYS).says.endswith(said)
