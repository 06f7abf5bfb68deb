"""Claims against their statements: sound ones are counted, every defect has its code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import claim, claim_audit, merkle
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.claim_audit import ClaimFindings, ClaimRow, check_claims, worst_error
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.fingerprint_sum import FingerprintSum
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.core.statement_form import plain_statements
from evidence_ledger.errors import Refused, Undecided
from tests.fakes import NOON

EMPTY = TreePoint(0, hashlib.sha256().digest())


def file_claim(number: int, *, name: bytes = b"a.txt", sm3: bool = False) -> bytes:
    names = [Algorithm.SHA256, Algorithm.SM3] if sm3 else [Algorithm.SHA256]
    fact = FileFact(name, Fingerprint(dict.fromkeys(names, bytes(32)), 1))
    return Claim(f"file/{number}", bytes([number % 256]) * 32, fact.to_json()).encode()


FIELD = Claim("matter/case_number", bytes(32), "(2026) 7").encode()
HARD = Claim("origin/tool", bytes(32), {"name": 'a "tool"'}).encode()
DEPOSITS: list[list[bytes]] = [
    [file_claim(0)],
    [file_claim(0, sm3=True), file_claim(1, name=b"\xff"), file_claim(2), FIELD, HARD],
    [],
    [FIELD],
    [file_claim(number, sm3=number % 2 == 0) for number in range(300)],
]


def statement_over(claims: Sequence[bytes], **parts: object) -> bytes:
    root = merkle.root_hash([merkle.leaf_hash(data) for data in claims])
    made = Statement(
        "deposit", "l", TreePoint(len(claims), root), bytes(32), NOON, EMPTY, bytes(16)
    )
    return replace(made, **parts).encode()  # type: ignore[arg-type]  # any part of a statement


STATEMENTS: list[tuple[int, bytes | None]] = [
    (number, statement_over(claims)) for number, claims in enumerate(DEPOSITS, 7)
]
ROWS: list[ClaimRow] = [
    (number, position, data)
    for number, claims in enumerate(DEPOSITS, 7)
    for position, data in enumerate(claims)
]


KEY = bytes(range(32))


def check(
    statements: Sequence[tuple[int, bytes | None]], rows: Sequence[ClaimRow]
) -> ClaimFindings:
    """As a whole where it can be, and entry by entry: both find the same."""
    found = checked(statements, rows)
    single = claim_audit._take_apart(statements, rows, KEY)
    assert fields(found) == fields(single)
    return found


def checked(
    statements: Sequence[tuple[int, bytes | None]], rows: Sequence[ClaimRow]
) -> ClaimFindings:
    return check_claims(statements, plain_statements([one for _, one in statements]), rows, KEY)


def fields(found: ClaimFindings) -> tuple[object, ...]:
    error = found.unsound
    told = (error.reason, error.where) if error else None
    return found.claims, found.index, found.elsewhere, told


def index_of(rows: Sequence[ClaimRow]) -> int:
    """The sum over all digests of the files among sound claims."""
    found = FingerprintSum(KEY)
    for number, position, data in rows:
        parsed = claim.parse(data)
        if parsed.section == "file":
            digests = claim.file_fact(parsed).fingerprint.digests
            found.add([(it, one.value, number, position) for one, it in digests.items()])
    return found.total


def defect(
    statements: Sequence[tuple[int, bytes | None]], rows: Sequence[ClaimRow]
) -> tuple[str, str | None]:
    unsound = check(statements, rows).unsound
    assert unsound is not None
    return unsound.reason, unsound.where


def test_sound_claims_are_counted() -> None:
    assert check(STATEMENTS, ROWS) == ClaimFindings(len(ROWS), index_of(ROWS))


def test_nothing_at_all() -> None:
    assert check([], []) == ClaimFindings()


def test_claims_that_are_kept_elsewhere_are_no_defect() -> None:
    rows = [row for row in ROWS if row[0] != 8]
    assert check(STATEMENTS, rows) == ClaimFindings(len(rows), index_of(rows), elsewhere=1)


@pytest.mark.parametrize("count", [2, 2**33, 10**15 - 1])
def test_a_statement_of_more_claims_than_any_memory_holds(count: int) -> None:
    point = TreePoint(count, merkle.leaf_hash(DEPOSITS[0][0]))
    made = Statement("deposit", "l", point, bytes(32), NOON, EMPTY, bytes(16))
    statements: list[tuple[int, bytes | None]] = [(7, made.encode())]
    assert check(statements, []) == ClaimFindings(elsewhere=1)
    assert defect(statements, ROWS[:1]) == ("audit.claims", "entry 7")


def test_claims_of_an_erased_statement_are_counted_without_a_root() -> None:
    statements = [(number, None) for number, _ in STATEMENTS]
    assert check(statements, ROWS) == ClaimFindings(len(ROWS), index_of(ROWS))


@pytest.mark.parametrize(
    ("place", "row", "reason"),
    [
        (0, (7, 0, file_claim(0, name=b"b.txt")), ("audit.claims", "entry 7")),
        (0, (7, 1, file_claim(0)), ("audit.claim-gone", "entry 7")),
        (0, (7, -1, file_claim(0)), ("audit.claim-gone", "entry 7")),
        (0, (7, None, file_claim(0)), ("audit.claim-gone", "entry 7")),
        (0, (7, 0, "text"), ("audit.claim-gone", "entry 7")),
        (0, (7, 0, None), ("audit.claim-gone", "entry 7")),
        (0, (6, 0, file_claim(0)), ("audit.stray-claim", None)),
        (0, (7.5, 0, file_claim(0)), ("audit.stray-claim", None)),
        (-1, (12, 0, file_claim(0)), ("audit.claims", "entry 11")),
        (3, (8, 2, FIELD), ("audit.claims", "entry 8")),
    ],
)
def test_each_defect_has_its_code(
    place: int, row: ClaimRow, reason: tuple[str, str | None]
) -> None:
    rows = list(ROWS)
    rows[place] = row
    assert defect(STATEMENTS, rows) == reason


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ([file_claim(1)], "claims.order"),
        ([FIELD, file_claim(0)], "claims.order"),
        ([file_claim(0), FIELD, FIELD], "claims.repeated"),
        ([file_claim(0), file_claim(0)], "claims.repeated"),
        ([b"{}"], "claim.members"),
        ([file_claim(0), file_claim(1)[:-1]], "json.malformed"),
    ],
)
def test_what_was_signed_must_be_claims(claims: list[bytes], reason: str) -> None:
    """An operator's program may have appended what no admission lets in."""
    rows = [(0, position, data) for position, data in enumerate(claims)]
    found, where = defect([(0, statement_over(claims))], rows)
    assert found == reason
    assert where is not None
    assert where.startswith("entry 0")


def test_a_statement_that_is_none_is_a_defect() -> None:
    assert defect([(3, b"{}")], [])[1] == "entry 3"


def test_what_is_proved_counts_more_than_what_is_newer() -> None:
    newer = STATEMENTS[0][1]
    assert newer is not None
    statements = [(7, newer.replace(b'"v":1', b'"v":2')), *STATEMENTS[1:]]
    assert defect(statements, ROWS)[0] == "statement.newer"
    rows = [*ROWS[:-1], (11, 299, FIELD)]
    assert defect(statements, rows) == ("audit.claims", "entry 11")


@given(st.integers(0, len(ROWS) - 1), st.data())
def test_any_changed_bit_is_found(place: int, draw: st.DataObject) -> None:
    number, position, data = ROWS[place]
    changed = bytearray(data)
    changed[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    rows = [*ROWS[:place], (number, position, bytes(changed)), *ROWS[place + 1 :]]
    assert defect(STATEMENTS, rows)[1] == f"entry {number}"


@given(st.integers(0, len(ROWS) - 1))
def test_any_lost_claim_is_found_unless_it_was_the_only_one(place: int) -> None:
    number = ROWS[place][0]
    found = check(STATEMENTS, [*ROWS[:place], *ROWS[place + 1 :]])
    if len(DEPOSITS[number - 7]) == 1:
        assert (found.unsound, found.elsewhere) == (None, 1)
    else:
        assert found.unsound is not None
        assert found.unsound.where == f"entry {number}"


@given(st.lists(st.integers(0, len(STATEMENTS)), max_size=3).map(sorted))
def test_parts_add_up_to_the_whole(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STATEMENTS)]
    total = ClaimFindings()
    for start, stop in pairwise(edges):
        part = STATEMENTS[start:stop]
        numbers = {number for number, _ in part}
        total += check(part, [row for row in ROWS if row[0] in numbers])
    assert total == check(STATEMENTS, ROWS)


PLAIN = [row for row in ROWS if row[0] in (7, 9, 11)]
PLAIN_STATEMENTS = [STATEMENTS[at] for at in (0, 2, 4)]


def test_plain_batches_are_never_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an audit of a million entries would take a minute instead of seconds."""
    monkeypatch.delattr(claim_audit, "_take_apart")
    found = checked(PLAIN_STATEMENTS, PLAIN)
    assert found == ClaimFindings(len(PLAIN), index_of(PLAIN))
    assert checked(PLAIN_STATEMENTS, []) == ClaimFindings(elsewhere=2)
    assert checked([], []) == ClaimFindings()


@given(st.integers(0, len(PLAIN) - 1), st.integers(0, 2), st.data())
def test_any_other_value_in_a_plain_batch_is_a_defect(
    place: int, column: int, draw: st.DataObject
) -> None:
    row = list(PLAIN[place])
    values = st.one_of(st.none(), st.binary(max_size=9), st.text(max_size=9), st.integers(0, 400))
    row[column] = draw.draw(values)
    if tuple(row) == PLAIN[place]:
        return
    rows = [*PLAIN[:place], tuple(row), *PLAIN[place + 1 :]]
    assert check(PLAIN_STATEMENTS, rows).unsound is not None


@given(st.integers(0, len(PLAIN)), st.integers(0, len(PLAIN) - 1))
def test_a_plain_claim_that_is_there_twice_is_a_defect(place: int, which: int) -> None:
    rows = [*PLAIN[:place], PLAIN[which], *PLAIN[place:]]
    assert check(PLAIN_STATEMENTS, rows).unsound is not None


def test_more_claims_than_a_batch_holds_are_streamed() -> None:
    claims = [file_claim(number) for number in range(2_100)]
    rows = [(3, position, data) for position, data in enumerate(claims)]
    assert check([(3, statement_over(claims))], rows) == ClaimFindings(2_100, index_of(rows))


def test_the_first_among_equals() -> None:
    one, two, newer = Refused("a.a", "A."), Refused("b.b", "B."), Undecided("c.c", "C.")
    assert worst_error([None, newer, one, two]) is one
    assert worst_error([None, newer, None]) is newer
    assert worst_error([]) is None
