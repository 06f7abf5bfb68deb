"""The pure audit: whole batches and single entries judge alike, spans join without a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import entry_audit
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.chain_audit import ChainFindings, Span, SpanCheck, TileRow, join
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import NO_ENTRY, entry_bytes, leaf_hash
from evidence_ledger.core.entry_audit import Marked, check_batch
from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.errors import Refused, Undecided
from tests.chain_factory import START, admission, mark_of

SIZE = 1100
KINDS = {310: "roll", 900: "roll"}
MARKED = {*range(3, SIZE, 11), *KINDS} - set(range(6, SIZE, 7))


def build() -> tuple[list[AuditRow], dict[int, list[TileRow]], Head, Edge]:
    head, edge = Head(), Edge()
    rows: list[AuditRow] = []
    tiles: dict[int, list[TileRow]] = {0: [], 1: []}
    while head.size < SIZE:
        numbers = range(head.size, min(head.size + 90, SIZE))
        kinds = ["seal" if number % 7 == 6 else "deposit" for number in numbers]
        kinds = [KINDS.get(number, kind) for number, kind in zip(numbers, kinds, strict=True)]
        made = [
            admission(n, kind=kind, mark=mark_of(n) if n in MARKED else None)
            for n, kind in zip(numbers, kinds, strict=True)
        ]
        received = START + timedelta(microseconds=7919 * head.size)
        step = extend(head, edge, made, received)
        head = step.head
        for one in step.entries:
            documents = one.admission.statement, one.admission.signature
            rows.append((one.index, one.entry, one.leaf_hash, one.statement_hash, *documents))
        for tile in step.tiles:
            tiles[tile.level].append((tile.index, tile.hashes, tile.inner))
    return rows, tiles, head, edge


ROWS, TILES, HEAD, EDGE = build()


def tiles_of(level: int) -> Iterator[TileRow]:
    return iter(TILES.get(level, ()))


def span_of(rows: Sequence[AuditRow], start: int, stop: int, batch: int = 200) -> Span:
    check = SpanCheck(start)
    stored = iter(TILES[0][start // 256 :])
    for at in range(start, stop, batch):
        check.take(rows[at : min(at + batch, stop)], stored)
    return check.finish()


def audit(rows: Sequence[AuditRow], batch: int = 200) -> ChainFindings:
    return join([span_of(rows, 0, len(rows), batch)], HEAD, tiles_of)


def changed(number: int, column: int, value: object) -> list[AuditRow]:
    rows = list(ROWS)
    rows[number] = (*rows[number][:column], value, *rows[number][column + 1 :])
    return rows


def code(rows: Sequence[AuditRow]) -> tuple[str, str | None]:
    with pytest.raises(Refused) as caught:
        audit(rows)
    return caught.value.reason, caught.value.where


@pytest.mark.parametrize("batch", [1, 7, 255, 256, 257, SIZE])
def test_a_sound_chain_in_any_batches(batch: int) -> None:
    findings = audit(ROWS, batch)
    assert (findings.edge.size, findings.edge.root(), findings.erased) == (SIZE, EDGE.root(), 0)


@pytest.mark.parametrize("cuts", [[], [256], [512, 768], [256, 512, 768, 1024]])
def test_spans_join_to_the_whole(cuts: list[int]) -> None:
    edges = [0, *cuts, SIZE]
    spans = [span_of(ROWS, *pair) for pair in pairwise(edges)]
    assert join(spans, HEAD, tiles_of).edge.root() == EDGE.root()


@pytest.mark.parametrize("batch", [1, 255, SIZE])
def test_the_marks_are_told(batch: int) -> None:
    expected = tuple(Marked(n, mark_of(n), n in KINDS) for n in sorted(MARKED))
    assert audit(ROWS, batch).marks == expected


@pytest.mark.parametrize("batch", [1, 255, SIZE])
def test_the_entries_of_kind_seal_are_told(batch: int) -> None:
    assert audit(ROWS, batch).seals == tuple(range(6, SIZE, 7))


def test_nothing_at_all_is_sound() -> None:
    assert join([], Head(), tiles_of).edge.size == 0


def test_no_spans_for_a_ledger_with_entries_are_refused() -> None:
    with pytest.raises(Refused, match="Entry 0 is missing"):
        join([], HEAD, tiles_of)


def test_spans_with_a_gap_are_refused() -> None:
    with pytest.raises(Refused, match="Entry 256 is missing"):
        join([span_of(ROWS, 0, 256), span_of(ROWS, 512, SIZE)], HEAD, tiles_of)


def test_spans_of_two_chains_are_refused() -> None:
    first = span_of(ROWS, 0, 256)
    with pytest.raises(Refused, match="does not continue the chain"):
        join([replace(first, last=b"x" * 32), span_of(ROWS, 256, SIZE)], HEAD, tiles_of)


def test_spans_that_go_back_in_time_are_refused() -> None:
    first = span_of(ROWS, 0, 256)
    late = replace(first, received=(first.received[0], "2030-01-01T00:00:00.000000Z"))
    with pytest.raises(Refused, match="received before"):
        join([late, span_of(ROWS, 256, SIZE)], HEAD, tiles_of)


@pytest.mark.parametrize(
    "head",
    [
        replace(HEAD, size=SIZE - 1),
        replace(HEAD, last=b"x" * 32),
        replace(HEAD, received=START),
        replace(HEAD, received=None),
    ],
)
def test_another_head_is_refused(head: Head) -> None:
    with pytest.raises(Refused, match="head is not its last entry"):
        join([span_of(ROWS, 0, SIZE)], head, tiles_of)


VALUES = st.one_of(st.none(), st.binary(max_size=400), st.text(max_size=5), st.integers())


@given(st.integers(0, SIZE - 1), st.integers(0, 5), VALUES)
def test_any_other_value_anywhere_is_refused_or_an_erased_document(
    number: int, column: int, value: object
) -> None:
    rows = changed(number, column, value)
    if rows[number] == ROWS[number]:
        return
    if column >= 4 and value is None:
        assert audit(rows).erased == 1
    else:
        assert code(rows)[1] == f"entry {number}"


@given(st.integers(0, SIZE - 1), st.data())
def test_any_changed_bit_of_an_entry_with_its_own_leaf_hash_is_refused(
    number: int, data: st.DataObject
) -> None:
    entry = bytearray(ROWS[number][1])
    entry[data.draw(st.integers(0, len(entry) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    rows = changed(number, 1, bytes(entry))
    rows[number] = (*rows[number][:2], leaf_hash(bytes(entry)), *rows[number][3:])
    with pytest.raises((Refused, Undecided)):
        audit(rows)


@given(st.integers(0, SIZE - 2), st.lists(st.sampled_from([4, 5]), unique=True, min_size=1))
def test_batches_and_single_entries_judge_alike(number: int, erased: list[int]) -> None:
    row = list(ROWS[number])
    for column in erased:
        row[column] = None
    rows = [*ROWS[:number], tuple(row), *ROWS[number + 1 :]]
    whole, single = audit(rows, batch=550), audit(rows, batch=1)
    assert (whole.edge.root(), whole.erased) == (single.edge.root(), single.erased)
    assert whole.erased == 1


def test_sound_batches_are_never_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an audit of a million entries would take a minute instead of seconds."""
    taken: list[int] = []
    monkeypatch.setattr(entry_audit, "_take_apart", lambda _rows, first, *_: taken.append(first))
    rows = [row if number % 50 else (*row[:5], None) for number, row in enumerate(ROWS)]
    for first in (5, 60, 100, 356, 950, 1000):
        assert check_batch(rows[first : first + 99], first, ROWS[first - 1][2], "") is not None
    assert taken == []


@pytest.mark.parametrize(
    ("number", "column", "value", "reason"),
    [
        (5, 0, 6, "audit.entry-missing"),
        (5, 1, "text", "audit.entry-type"),
        (5, 2, b"x" * 32, "audit.leaf-hash"),
        (5, 1, ROWS[5][1] + b" ", "audit.leaf-hash"),
        (5, 3, b"x" * 32, "audit.statement-key"),
        (5, 4, b"another", "audit.statement"),
        (5, 5, b"another", "audit.signature"),
        (5, 5, 17, "audit.entry-type"),
    ],
)
def test_each_defect_has_its_code(number: int, column: int, value: object, reason: str) -> None:
    assert code(changed(number, column, value)) == (reason, f"entry {number}")


def rewritten(number: int, **parts: object) -> list[AuditRow]:
    """Entry ``number`` made anew with other parts, its leaf hash right."""
    statement, signature = (hashlib.sha256(ROWS[number][at]).digest() for at in (4, 5))
    prev = ROWS[number - 1][2] if number else NO_ENTRY
    known: dict[str, object] = {
        "index": number,
        "kind": "deposit",
        "prev": prev,
        "received": "2026-11-22T10:00:01.000000Z",
        "signature": signature,
        "statement": statement,
    }
    data = entry_bytes(**(known | parts))  # type: ignore[arg-type]  # wrong parts are the point
    rows = changed(number, 1, data)
    rows[number] = (*rows[number][:2], leaf_hash(data), *rows[number][3:])
    return rows


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"index": 6}, "audit.entry-index"),
        ({"prev": b"x" * 32}, "audit.chain"),
        ({"received": "2020-01-01T00:00:00.000000Z"}, "audit.received"),
        ({"received": "2026-11-31T00:00:00.000000Z"}, "audit.entry-form"),
        ({"received": "2026-11-22T10:00:00.00000 Z"}, "audit.entry-form"),
        ({"kind": "Deposit"}, "audit.entry-form"),
        ({"kind": ""}, "audit.entry-form"),
        ({"kind": 'a","kind":"b'}, "audit.entry-form"),
        ({"mark": mark_of(5)}, "audit.mark"),
        ({"kind": "roll"}, "audit.entry-form"),
        ({"kind": "seal", "mark": mark_of(5)}, "audit.entry-form"),
        ({"kind": 'deposit","mark":"00'}, "audit.entry-form"),
        ({"signature": b"x" * 32}, "audit.signature"),
        ({"statement": b"x" * 32}, "audit.statement-key"),
    ],
)
def test_entries_made_anew_are_refused(parts: dict[str, object], reason: str) -> None:
    assert code(rewritten(5, **parts)) == (reason, "entry 5")


@pytest.mark.parametrize("mark", [None, mark_of(4)])
def test_a_mark_that_is_not_the_statements_is_refused(mark: bytes | None) -> None:
    assert code(rewritten(14, mark=mark)) == ("audit.mark", "entry 14")


def test_an_erased_signatures_hash_must_still_be_one() -> None:
    upper = ROWS[5][1].replace(hashlib.sha256(ROWS[5][5]).hexdigest().encode(), b"A" * 64)
    row = (5, upper, leaf_hash(upper), *ROWS[5][3:5], None)
    assert code([*ROWS[:5], row, *ROWS[6:]]) == ("audit.entry-form", "entry 5")


def test_a_last_entry_made_anew_shows_in_the_head_alone() -> None:
    rows = rewritten(SIZE - 1, received="2027-01-01T00:00:00.000000Z")
    assert code(rows) == ("audit.head", "head")


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("number", [0, 3])
def test_a_changed_tile_is_refused(number: int, column: int) -> None:
    stored: list[TileRow] = list(TILES[0])
    stored[number] = (*stored[number][:column], b"x", *stored[number][column + 1 :])
    check = SpanCheck(0)
    with pytest.raises(Refused, match=f"tile {number} of level 0 does not follow"):
        check.take(ROWS, iter(stored))


def test_a_missing_tile_is_refused() -> None:
    with pytest.raises(Refused, match="tile 3 of level 0 is missing"):
        SpanCheck(0).take(ROWS, iter(TILES[0][:3]))


def test_a_batch_says_what_it_is_behind_of() -> None:
    batch = check_batch(ROWS[300:310], 300, None, "")
    assert batch.prev == ROWS[299][2]
    assert batch.leaves == [row[2] for row in ROWS[300:310]]
