"""Entries checked with what was read of their statements at a glance, and without: the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import entry_audit, matter
from evidence_ledger.core.entry import NO_ENTRY, Entry, leaf_hash
from evidence_ledger.core.entry_audit import SoundBatch, check_batch
from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.core.statement_form import plain_statements
from evidence_ledger.errors import Refused
from tests.fakes import NOON

EMPTY = TreePoint(0, hashlib.sha256().digest())
OPENING = bytes(range(32))
MARK = matter.mark_of(OPENING)
SIGNATURE = b"signature"
FIRST = 7


def told(
    *, kind: str = "deposit", ledger: str = "local/1", opening: bytes | None = None
) -> Statement:
    return Statement(kind, ledger, EMPTY, bytes(32), NOON, EMPTY, bytes(16), opening=opening)


def rows_of(parts: Sequence[tuple[Statement, str, bytes | None]]) -> list[AuditRow]:
    """Entries behind each other: each a statement, the kind and the mark that its entry says."""
    rows: list[AuditRow] = []
    prev = NO_ENTRY
    for number, (one, kind, mark) in enumerate(parts, FIRST):
        data = one.encode()
        key = hashlib.sha256(data).digest()
        made = Entry(number, kind, prev, NOON, hashlib.sha256(SIGNATURE).digest(), key, mark)
        prev = leaf_hash(made.encode())
        rows.append((number, made.encode(), prev, key, data, SIGNATURE))
    return rows


def found(rows: list[AuditRow], *, glance: bool) -> SoundBatch | str:
    plain = plain_statements([row[4] for row in rows])
    assert plain is not None
    try:
        return check_batch(rows, FIRST, None, "", "local/1", plain if glance else None)
    except Refused as error:
        return error.reason


SOUND = [
    (told(), "deposit", None),
    (told(opening=OPENING), "deposit", MARK),
    (told(kind="erasure"), "erasure", None),
    (told(kind="order", opening=OPENING), "order", MARK),
]
FALSE = [
    ((told(opening=OPENING), "deposit", None), "audit.mark"),
    ((told(), "deposit", MARK), "audit.mark"),
    ((told(opening=OPENING), "deposit", hashlib.sha256().digest()), "audit.mark"),
    ((told(kind="order"), "deposit", None), "audit.kind"),
    ((told(kind="order", opening=OPENING), "deposit", MARK), "audit.kind"),
    ((told(ledger="local/2"), "deposit", None), "audit.other-ledger"),
    ((told(ledger="local/11"), "deposit", None), "audit.other-ledger"),
]


@given(st.lists(st.sampled_from(SOUND), min_size=1, max_size=6))
def test_sound_batches(parts: list[tuple[Statement, str, bytes | None]]) -> None:
    rows = rows_of(parts)
    batch = found(rows, glance=True)
    assert isinstance(batch, SoundBatch)
    assert batch == found(rows, glance=False)
    assert [one.mark for one in batch.marks] == [mark for _, _, mark in parts if mark]


@pytest.mark.parametrize(("wrong", "reason"), FALSE)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_one_that_is_not_as_its_statement_says(
    wrong: tuple[Statement, str, bytes | None], reason: str, at: int
) -> None:
    rows = rows_of([*SOUND[:at], wrong, *SOUND[at:]])
    assert found(rows, glance=True) == found(rows, glance=False) == reason


def test_a_glance_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each statement would be searched once more, for what is known already."""
    monkeypatch.delattr(entry_audit, "may_have_mark")
    monkeypatch.delattr(entry_audit, "own_members")
    rows = rows_of([SOUND[0], SOUND[2], SOUND[0]])
    assert isinstance(found(rows, glance=True), SoundBatch)
