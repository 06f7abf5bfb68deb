"""Not earlier than: the earlier seal in a certificate, judged and damaged in every part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from evidence_ledger.core import path_line, statement
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.time_bracket import Bracket, is_member, of
from evidence_ledger.errors import FormatError
from evidence_ledger.issuing.bracketing import bracket_of
from evidence_ledger.stored import StoredEntry
from evidence_ledger.tree import reader_of
from tests.fakes import NOON, FakeAuthority, FakeClock
from tests.workbench import Workbench, authority_table, found, step, written

FAILED, INDETERMINATE, PASSED = Verdict.FAILED, Verdict.INDETERMINATE, Verdict.PASSED
STEP = "9.3"


def hourly(bench: Workbench, count: int) -> list[int]:
    """Deposits an hour apart, each sealed; the last one's ``after`` holds all seals but one."""
    indexes = []
    for _ in range(count):
        indexes.append(bench.deposit())
        bench.ledger.seal()
        bench.clock.move(hours=1)
    return indexes


def third(bench: Workbench) -> Certificate:
    return bench.issue(hourly(bench, 3)[-1])


def test_the_time_is_pegged_from_both_sides(bench: Workbench) -> None:
    """The third names the second checkpoint, under which the first seal's entry is."""
    report = bench.check(written(third(bench)))
    assert report.verdict is PASSED, report
    assert step(report, STEP).name == "Not earlier than"
    assert report.facts["not_earlier_than"] == "2026-11-22T11:59:59.900000Z"
    assert report.facts["not_later_than"] == "2026-11-22T14:00:00.100000Z"
    assert report.facts["disagreement"] is None


@pytest.mark.parametrize("place", [0, 1])
def test_without_an_earlier_seal_there_is_no_such_step(bench: Workbench, place: int) -> None:
    """The first knows no checkpoint; the second one over which no seal's entry lies yet."""
    index = hourly(bench, 2)[place]
    parts = bench.issue(index)
    assert parts.seal == {}
    report = bench.check(written(parts))
    assert report.verdict is PASSED
    assert STEP not in [one.number for one in report.steps]
    assert report.facts["not_earlier_than"] is None


def test_every_deposit_of_a_long_ledger_has_its_bracket(bench: Workbench) -> None:
    for place, index in enumerate(hourly(bench, 6)):
        report = bench.check(written(bench.issue(index)))
        assert report.verdict is PASSED
        hour = 12 + place - 2
        wanted = f"2026-11-22T{hour - 1}:59:59.900000Z" if place >= 2 else None
        assert report.facts["not_earlier_than"] == wanted


def test_a_bracket_survives_the_way_through_the_container(bench: Workbench) -> None:
    parts = third(bench)
    bracket = of(parts.seal)
    assert bracket is not None
    assert bracket.members() == parts.seal
    assert len(bracket.tokens) == 2
    assert all(map(is_member, parts.seal))
    assert not is_member("token-0.tst")
    assert not is_member("else.json")
    assert of({"else.json": b""}) is None


def changed(parts: Certificate, members: Mapping[str, bytes]) -> bytes:
    return written(replace(parts, seal={**parts.seal, **members}))


@pytest.mark.parametrize(
    "name", ["entry.json", "entry.path", "statement.json", "statement.json.p7s"]
)
def test_a_missing_part_is_refused(bench: Workbench, name: str) -> None:
    parts = third(bench)
    rest = {key: data for key, data in parts.seal.items() if key != name}
    report = bench.check(written(replace(parts, seal=rest)))
    assert found(report, STEP) == (FAILED, "bracket.incomplete")
    assert report.verdict is FAILED


def test_without_any_token_it_is_refused() -> None:
    with pytest.raises(FormatError, match="no token"):
        of(Bracket(b"", b"", b"", b"", ()).members())


def flipped(data: bytes) -> bytes:
    return data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]


def lines(data: bytes, change: Callable[[int, list[bytes]], tuple[int, list[bytes]]]) -> bytes:
    index, hashes = path_line.parse(data[:-1], "x")
    return path_line.encode(*change(index, list(hashes)))


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "another entry": (
        "entry.json",
        lambda data: data.replace(b'"index":1', b'"index":2'),
        "bracket.index",
    ),
    "another received": (
        "entry.json",
        lambda data: data.replace(b"T12:00:00", b"T11:00:00"),
        "merkle",
    ),
    "no entry": ("entry.json", lambda _: b"{}", "entry."),
    "altered statement": ("statement.json", flipped, "bracket.statement"),
    "altered signature": ("statement.json.p7s", flipped, "bracket.signature"),
    "path of another": (
        "entry.path",
        lambda data: lines(data, lambda index, hashes: (index + 1, hashes)),
        "bracket.index",
    ),
    "short path": ("entry.path", lambda data: lines(data, lambda i, h: (i, h[:-1])), "merkle"),
    "wrong path": (
        "entry.path",
        lambda data: lines(data, lambda i, h: (i, [bytes(32), *h[1:]])),
        "merkle",
    ),
    "path without end": ("entry.path", lambda data: data[:-1], "bracket.path"),
    "no path": ("entry.path", lambda _: b"\xff\n", "certificate.paths"),
    "altered token": ("token-1.tst", flipped, "bracket.token-not-named"),
    "no token": ("token-1.tst", lambda _: b"", "bracket.token-not-named"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused(bench: Workbench, damage: str) -> None:
    name, change, reason = DAMAGES[damage]
    parts = third(bench)
    assert change(parts.seal[name]) != parts.seal[name]
    report = bench.check(changed(parts, {name: change(parts.seal[name])}))
    verdict, code = found(report, STEP)
    assert verdict is FAILED
    assert code is not None
    assert code.startswith(reason), code
    assert report.verdict is FAILED


def test_a_later_seals_entry_is_not_under_the_point(bench: Workbench) -> None:
    """The bracket of the last deposit, put into the certificate of an earlier one."""
    indexes = hourly(bench, 5)
    later, earlier = (bench.issue(index) for index in (indexes[4], indexes[2]))
    report = bench.check(written(replace(earlier, seal=later.seal)))
    assert found(report, STEP)[0] is FAILED


def test_a_deposit_is_no_seal(bench: Workbench) -> None:
    """An ordinary entry under the point, with a right path, whose statement names no token."""
    indexes = hourly(bench, 3)
    parts, other = bench.issue(indexes[2]), bench.store.entry(indexes[1])
    after = statement.parse(parts.statement).after
    path = reader_of(bench.store).inclusion_proof(other.index, after.size)
    assert other.statement is not None
    assert other.signature is not None
    tokens = (parts.seal["token-1.tst"],)
    line = path_line.encode(other.index, path)
    fake = Bracket(other.entry, line, other.statement, other.signature, tokens)
    report = bench.check(written(replace(parts, seal=fake.members())))
    assert found(report, STEP) == (FAILED, "bracket.not-a-seal")


def test_without_a_policy_it_is_undecided(bench: Workbench) -> None:
    report = bench.check(written(third(bench)), policy=None)
    assert found(report, STEP) == (INDETERMINATE, "bracket.no-policy")
    assert report.facts["not_earlier_than"] is None


def policy_of(bench: Workbench, *names: str, count: int) -> str:
    tables = [authority_table(one) for one in bench.authorities if one.name in names]
    time = f"[time]\nauthorities = {count}\nindependent = {count}\n"
    return bench.policy(authorities="".join(tables), time=time)


def test_the_bound_is_that_for_which_enough_vouch(bench: Workbench) -> None:
    """Beta's clock is a minute behind: two vouch for its time only, one for Alpha's."""
    bench.authorities[1] = FakeAuthority("Beta", behind := FakeClock(NOON - timedelta(minutes=1)))
    bench.ledger = bench.reopened()
    indexes = []
    for _ in range(3):
        indexes.append(bench.deposit())
        bench.ledger.seal()
        bench.clock.move(hours=1)
        behind.move(hours=1)
    data = written(bench.issue(indexes[-1]))
    both = bench.check(data)
    assert both.facts["not_earlier_than"] == "2026-11-22T11:58:59.900000Z"
    one = bench.check(data, policy=policy_of(bench, "Alpha", "Beta", count=1))
    assert one.facts["not_earlier_than"] == "2026-11-22T11:59:59.900000Z"


def test_too_few_who_vouch_prove_no_bound(bench: Workbench) -> None:
    bench.authorities[1].answer = dead
    index = bench.deposit()
    bench.ledger.seal()
    bench.authorities[1].answer = bytes
    for _ in range(2):
        bench.clock.move(hours=1)
        index = bench.deposit()
        bench.ledger.seal()
    report = bench.check(written(bench.issue(index)))
    assert found(report, "9.3") == (INDETERMINATE, "bracket.authorities")
    assert report.verdict is PASSED
    assert report.facts["not_earlier_than"] is None


def test_independent_authorities_that_contradict_each_other_are_refused(bench: Workbench) -> None:
    """Alpha sealed the first at noon; Beta says that the third was there an hour before."""
    bench.authorities[1] = FakeAuthority("Beta", behind := FakeClock())
    bench.ledger = bench.reopened()
    indexes = hourly(bench, 2)
    behind.moment = NOON - timedelta(hours=1)
    indexes.append(bench.deposit())
    bench.ledger.seal()
    report = bench.check(
        written(bench.issue(indexes[-1])), policy=policy_of(bench, "Alpha", "Beta", count=1)
    )
    assert found(report, STEP) == (FAILED, "bracket.order")
    assert report.verdict is FAILED


def dead(_response: bytes) -> bytes:
    return b""


def test_an_own_clock_that_contradicts_proves_no_bound(bench: Workbench) -> None:
    """The own clock saw the first seal half a minute after Beta saw the third deposit."""
    house = FakeAuthority("House", bench.clock, independent=False)
    beta = FakeAuthority("Beta", FakeClock(NOON - timedelta(seconds=30)))
    bench.authorities = [house, beta]
    bench.ledger = bench.reopened()
    for house.answer, beta.answer in ((bytes, dead), (bytes, dead), (dead, bytes)):
        index = bench.deposit()
        bench.ledger.seal()
    time = "[time]\nauthorities = 1\nindependent = 0\n"
    report = bench.check(written(bench.issue(index)), policy=bench.policy(time=time))
    assert found(report, "9.2") == (INDETERMINATE, "bracket.clocks")
    assert report.facts["not_earlier_than"] is None
    assert report.verdict is PASSED


def test_a_token_whose_certificate_has_expired_since_is_judged_as_of_the_deposit(
    bench: Workbench,
) -> None:
    """The tokens over the deposit cover it; those have expired too, so the whole is undecided."""
    data = written(third(bench))
    report = bench.check(data, at=NOON + timedelta(days=4000))
    assert found(report, STEP)[0] is not FAILED
    assert report.verdict is not PASSED


def test_the_members_of_a_bracket_are_covered_by_a_check(bench: Workbench) -> None:
    report = bench.check(written(third(bench)))
    covered = report.facts["not_covered"]
    assert isinstance(covered, list)
    assert not [name for name in covered if str(name).startswith("seal/")]
    parts = bench.issue(4)
    more = bench.check(changed(parts, {"stray.bin": b"x"})).facts["not_covered"]
    assert isinstance(more, list)
    assert "seal/stray.bin" in more


def test_an_erased_seal_statement_leaves_the_bracket_out(bench: Workbench) -> None:
    index = hourly(bench, 3)[-1]
    stored = bench.store.entry(index).statement
    assert stored is not None

    class Erased:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.store, name)

        def entry(self, number: int) -> StoredEntry:
            return replace(bench.store.entry(number), statement=None)

    after = statement.parse(stored).after
    assert bracket_of(bench.store, after) is not None
    assert bracket_of(Erased(), after) is None  # type: ignore[arg-type]  # a store but for one method
