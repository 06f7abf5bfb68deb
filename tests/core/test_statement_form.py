"""Plain statements read at a glance: as parsed in full, whatever is changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import statement, statement_form
from evidence_ledger.core.statement import Reference, SealFact, Statement, TreePoint
from evidence_ledger.errors import FormatError

HASH = st.binary(min_size=32, max_size=32)
POINT = st.builds(TreePoint, st.integers(0, 2**53 - 1), HASH)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
STATEMENTS = st.builds(
    Statement,
    kind=st.sampled_from(sorted(statement.MARKABLE)),
    ledger=st.from_regex(r"[\x21-\x2a\x2c-\x7e]{1,255}", fullmatch=True),
    claims=POINT,
    signer=HASH,
    made=MOMENTS,
    after=POINT,
    nonce=st.binary(min_size=16, max_size=16),
    refs=st.lists(st.builds(Reference, st.integers(0, 2**53 - 1), HASH), max_size=2).map(tuple),
    opening=st.none() | HASH,
)
PLAIN = Statement(
    "deposit",
    "local/3f9c",
    TreePoint(3, hashlib.sha256(b"claims").digest()),
    hashlib.sha256(b"signer").digest(),
    datetime(2026, 11, 22, 10, tzinfo=UTC),
    TreePoint(0, hashlib.sha256().digest()),
    bytes(range(16)),
).encode()


Read = tuple[TreePoint, bytes, Statement] | str


def in_full(data: bytes) -> Read:
    try:
        parsed = statement.parse(data)
    except FormatError as error:
        return error.reason
    return parsed.claims, parsed.signer, parsed


def at_a_glance(data: bytes) -> Read:
    lines = statement_form.plain_statements([PLAIN, data])
    if lines is not None:
        point = TreePoint(int(lines.counts[1]), bytes.fromhex(lines.roots[1].decode()))
        signer = bytes.fromhex(lines.signers[1].decode())
        return point, signer, statement_form.statement_of(data)
    return alone(data)


def alone(data: bytes) -> Read:
    try:
        point, signer = statement_form.claims_of(data), statement_form.signer_of(data)
        return point, signer, statement_form.statement_of(data)
    except FormatError as error:
        return error.reason


@given(STATEMENTS)
def test_any_statement(one: Statement) -> None:
    assert at_a_glance(one.encode()) == (one.claims, one.signer, one)


@given(STATEMENTS)
def test_the_mark_of_any_statement(one: Statement) -> None:
    assert statement_form.mark_of(one.encode()) == one.mark


@given(HASH)
def test_the_mark_of_a_roll(root: bytes) -> None:
    data = replace(statement.parse(PLAIN), kind="roll", roll=root).encode()
    assert statement_form.mark_of(data) == root


@pytest.mark.parametrize("member", ["opening", "roll"])
def test_a_ledger_called_like_a_mark_is_none(member: str) -> None:
    for ledger in (f'a,"{member}":"{"0" * 64}', f'\\\\",\\\\"{member}\\\\":\\\\"{"0" * 64}'):
        called = replace(statement.parse(PLAIN), ledger=ledger).encode()
        assert statement_form.mark_of(called) is None


@pytest.mark.parametrize("kind", ["rotation", "roll"])
def test_kinds_that_are_not_plain_read_alike(kind: str) -> None:
    other = PLAIN.replace(b"deposit", kind.encode())
    for member in (b"", b'"opening":"' + b"00" * 32 + b'",'):
        data = other.replace(b'"refs"', member + b'"refs"')
        assert at_a_glance(data) == in_full(data)


def test_a_seal() -> None:
    point = TreePoint(1, bytes(32))
    fact = SealFact(bytes(32), 1, bytes(32), (bytes(32),))
    seal = Statement("seal", "l", point, bytes(32), datetime(2026, 1, 1, tzinfo=UTC), point,
                     bytes(16), seal=fact)  # fmt: skip
    assert at_a_glance(seal.encode()) == (point, bytes(32), seal)


def test_a_plain_statement_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an audit of a million entries would take a minute instead of seconds."""
    expected = in_full(PLAIN)
    monkeypatch.delattr(statement, "parse")
    assert at_a_glance(PLAIN) == expected


def test_every_changed_byte_reads_alike() -> None:
    for place in range(len(PLAIN)):
        for byte in b'09afAQgwz-_."\\+{}[] \x00\x7f\x80\xff':
            changed = PLAIN[:place] + bytes([byte]) + PLAIN[place + 1 :]
            assert at_a_glance(changed) == in_full(changed), changed


@given(STATEMENTS, st.data())
def test_any_damage_reads_alike(one: Statement, draw: st.DataObject) -> None:
    data = one.encode()
    start = draw.draw(st.integers(0, len(data)))
    stop = draw.draw(st.integers(start, min(start + 12, len(data))))
    put = draw.draw(st.text(alphabet='0123456789abcdefAQgw{}[],:"\\-Z ', max_size=12))
    changed = data[:start] + put.encode() + data[stop:]
    assert at_a_glance(changed) == in_full(changed)


@pytest.mark.parametrize(
    "made",
    ["2026-02-29", "2028-02-29", "2026-02-30", "2026-04-31", "2026-12-31", "2026-00-10",
     "2026-13-10", "2026-01-00", "2026-01-32", "0000-01-01", "0001-01-01"],
)  # fmt: skip
def test_days_read_alike(made: str) -> None:
    data = PLAIN.replace(b"2026-11-22", made.encode())
    assert at_a_glance(data) == in_full(data)


@pytest.mark.parametrize("time", ["24:00:00", "23:59:60", "23:60:00", "00:00:00", "2:00:000"])
def test_times_read_alike(time: str) -> None:
    data = PLAIN.replace(b"10:00:00", time.encode())
    assert at_a_glance(data) == in_full(data)


@pytest.mark.parametrize("count", ["00", "01", "-1", "1.0", "9007199254740991", "9007199254740992"])
def test_counts_read_alike(count: str) -> None:
    data = PLAIN.replace(b'"count":3', b'"count":' + count.encode())
    assert at_a_glance(data) == in_full(data)


def test_statements_are_read_together_or_not_at_all() -> None:
    assert statement_form.plain_statements([]) == statement_form.PlainStatements()
    assert statement_form.plain_statements([PLAIN, b""]) is None
    assert statement_form.plain_statements([PLAIN + b"\n" + PLAIN]) is None
    assert statement_form.plain_statements([PLAIN + b"\n" + PLAIN, b""]) is None
    assert statement_form.plain_statements([PLAIN[:-1], b"}", PLAIN]) is None


@pytest.mark.parametrize("one", [PLAIN, PLAIN.replace(b'"v":1', b'"v":2')])
def test_one_alone_is_read_as_among_others(one: bytes) -> None:
    assert alone(one) == at_a_glance(one) == in_full(one)


@pytest.mark.parametrize("behind", [b"\n", b" ", b"\x00"])
def test_nothing_may_stand_behind(behind: bytes) -> None:
    assert at_a_glance(PLAIN + behind) == in_full(PLAIN + behind) != in_full(PLAIN)
