"""What entries say counts once they give the root that was signed: before, a mirror says it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.entry import NO_ENTRY, entry_bytes
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.roll_rebuild import rebuilt
from evidence_ledger.errors import EvidenceError
from tests.small_log import LOG, SmallLog

MARK = b"m" * 32
HASH = bytes(32)
MOMENT = "2026-11-22T10:00:00.123456Z"


def entries(count: int = 6) -> list[bytes]:
    made: list[bytes] = []
    for index in range(count):
        prev = leaf_hash(made[-1]) if made else NO_ENTRY
        mark = bytes([index]) * 32
        made.append(entry_bytes(index, "deposit", prev, MOMENT, HASH, HASH, mark))
    return made


def other_index(one: bytes) -> bytes:
    return one.replace(b'"index":2', b'"index":4')


def no_entry(one: bytes) -> bytes:
    return one.replace(b'"kind"', b'"kinds"')


def same_mark(one: bytes) -> bytes:
    return one.replace(b"02" * 32, b"01" * 32)


def newer(one: bytes) -> bytes:
    return one.replace(b'"v":1', b'"v":2')


HARM: dict[str, tuple[Callable[[bytes], bytes], Verdict, str, str]] = {
    "another index": (
        other_index,
        Verdict.FAILED,
        "completeness.log-index",
        "completeness.other-log",
    ),
    "no entry": (
        no_entry,
        Verdict.FAILED,
        "completeness.log-entry",
        "completeness.log-damaged",
    ),
    "a mark twice": (same_mark, Verdict.FAILED, "roll.mark-twice", "completeness.other-log"),
    "a newer entry": (newer, Verdict.INDETERMINATE, "entry.newer", "completeness.other-log"),
}


def outcome(log: SmallLog, point: Checkpoint) -> tuple[Verdict, str]:
    with pytest.raises(EvidenceError) as caught:
        rebuilt(log, point, point.size, MARK)
    return verdict_of(caught.value), caught.value.reason


@pytest.mark.parametrize("name", HARM)
def test_the_same_bytes_are_the_ledger_s_or_a_mirror_s(name: str) -> None:
    harm, verdict, signed, unsigned = HARM[name]
    true = entries()
    wrong = [*true]
    wrong[2] = harm(true[2])
    assert wrong != true
    log = SmallLog(wrong)
    assert outcome(log, Checkpoint(LOG.name, len(wrong), log.root)) == (verdict, signed)
    point = Checkpoint(LOG.name, len(true), SmallLog(true).root)
    assert outcome(log, point) == (Verdict.INDETERMINATE, unsigned)


def test_true_entries_give_the_roll() -> None:
    log = SmallLog(entries())
    found = rebuilt(log, Checkpoint(LOG.name, 6, log.root), 4, bytes([5]) * 32)
    assert (found.roll.size, found.later) == (4, 5)
