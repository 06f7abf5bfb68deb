"""Times: which authorities count, as how many, and what the own clock is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from evidence_ledger.adapters.timestamping.local import create_local_authority
from tests.fakes import NOON, FakeAuthority, FakeClock, pem_of
from tests.verification.subject import BESIDE, FAILED, INDETERMINATE, PASSED, Subject
from tests.workbench import CA, Workbench, found, step, written
from tests.x509_factory import YEAR, issue


def tsa(one: FakeAuthority, *, independent: bool = True, name: str | None = None) -> str:
    flag = "true" if independent else "false"
    return (
        f'[[timestamp_authority]]\nname = "{name or one.name}"\nindependent = {flag}\n'
        f"roots = '''\n{one.pem}'''\n"
    )


def asked(authorities: int, independent: int) -> str:
    return f"[time]\nauthorities = {authorities}\nindependent = {independent}\n"


def test_two_authorities_are_asked_for_and_one_is_trusted(subject: Subject) -> None:
    alpha = subject.bench.authorities[0]
    policy = subject.bench.policy(authorities=tsa(alpha))
    report = subject.check(subject.parts, policy)
    assert found(report, "9") == (INDETERMINATE, "time.authorities")


def test_a_token_of_an_unknown_authority_does_not_weaken_the_others(subject: Subject) -> None:
    alpha = subject.bench.authorities[0]
    policy = subject.bench.policy(authorities=tsa(alpha), time=asked(1, 1))
    report = subject.check(subject.parts, policy)
    assert {found(report, number) for number in ("9.1", "9.2")} == {
        (INDETERMINATE, "chain.unknown-root"),
        (PASSED, None),
    }
    assert report.verdict is PASSED


def test_two_names_for_one_authority_are_one(subject: Subject) -> None:
    alpha = subject.bench.authorities[0]
    twice = tsa(alpha) + tsa(alpha, name="Alpha again")
    report = subject.check(subject.parts, subject.bench.policy(authorities=twice))
    assert found(report, "9") == (INDETERMINATE, "time.authorities")


def test_one_key_under_the_roots_of_two_authorities_is_one(bench: Workbench) -> None:
    """A cross-signed authority can lead its tokens to whichever root it likes."""
    alpha = FakeAuthority("Alpha", bench.clock)
    bench.authorities = [alpha, FakeAuthority("Beta", bench.clock, key=alpha.key)]
    bench.ledger = bench.reopened()
    index = bench.deposit()
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)))
    assert {found(report, number)[0] for number in ("9.1", "9.2")} == {PASSED}
    assert found(report, "9") == (INDETERMINATE, "time.authorities")


def test_an_authority_that_is_not_independent_is_not_counted_so(subject: Subject) -> None:
    alpha, beta = subject.bench.authorities
    policy = subject.bench.policy(authorities=tsa(alpha) + tsa(beta, independent=False))
    assert found(subject.check(subject.parts, policy), "9") == (INDETERMINATE, "time.independent")
    relaxed = subject.bench.policy(
        authorities=tsa(alpha) + tsa(beta, independent=False), time=asked(2, 1)
    )
    assert subject.check(subject.parts, relaxed).verdict is PASSED


class OwnClock(FakeAuthority):
    """The ledger's own authority behind the face of a fake one."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        super().__init__("local", clock)
        self._local = create_local_authority(folder, clock)

    @property
    def roots(self) -> tuple[bytes, ...]:
        return self._local.roots

    @property
    def pem(self) -> str:
        return pem_of(self._local.roots[0])

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        return self._local.ask(digest, nonce, algorithm)


def test_the_own_clock_is_never_independent_whatever_the_policy_says(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.authorities = [OwnClock(tmp_path, bench.clock)]
    bench.ledger = bench.reopened()
    index = bench.deposit()
    seal = bench.ledger.seal().seal
    assert seal is not None
    assert [one.independent for one in seal.tokens] == [False]
    data = written(bench.issue(index))
    report = bench.check(data, policy=bench.policy(time=asked(1, 1)))
    assert found(report, "9") == (INDETERMINATE, "time.independent")
    report = bench.check(data, policy=bench.policy(time=asked(1, 0)))
    assert report.verdict is PASSED
    assert "own clock, not independent" in step(report, "9").says


def test_an_early_own_clock_moves_no_time_that_must_be_independent(
    bench: Workbench, tmp_path: Path
) -> None:
    """The operator sets the own clock back a year; an independent authority is asked today."""
    clock = FakeClock(NOON - timedelta(days=300))
    bench.authorities = [OwnClock(tmp_path, clock), FakeAuthority("Alpha", bench.clock)]
    clock.moment = NOON - timedelta(days=300)
    bench.clock.moment = NOON - timedelta(days=300)
    bench.ledger = bench.reopened()
    index = bench.deposit()
    bench.clock.moment = NOON
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)), policy=bench.policy(time=asked(1, 1)))
    assert report.verdict is PASSED
    assert report.facts["not_later_than"] == "2026-11-22T12:00:00.100000Z"
    both = bench.check(written(bench.issue(index)), policy=bench.policy(time=asked(2, 1)))
    assert both.facts["not_later_than"] == "2026-11-22T12:00:00.100000Z"
    any_one = bench.check(written(bench.issue(index)), policy=bench.policy(time=asked(1, 0)))
    assert "own clock, not independent" in step(any_one, "9").says


def test_a_signer_expired_before_the_time_that_counts_is_undecided(tmp_path: Path) -> None:
    """An own clock set back must not bring an expired X.509 certificate back to life."""
    early = NOON - timedelta(days=300)
    signer = issue("Short", CA, end=NOON - timedelta(days=10))
    bench = Workbench(tmp_path, depositor=signer)
    bench.clock.moment = early
    bench.authorities = [OwnClock(tmp_path, FakeClock(early)), FakeAuthority("Alpha", bench.clock)]
    bench.ledger = bench.reopened()
    index = bench.deposit()
    bench.clock.moment = NOON
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)), policy=bench.policy(time=asked(1, 1)))
    assert found(report, "10") == (INDETERMINATE, "signer.chain-not-valid")
    bench.store.close()


def test_an_entry_that_says_it_was_received_after_its_timestamp_is_undecided(
    bench: Workbench,
) -> None:
    bench.authorities = [FakeAuthority(name, FakeClock(NOON)) for name in ("Alpha", "Beta")]
    bench.clock.move(seconds=62)
    bench.ledger = bench.reopened()
    index = bench.deposit()
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)))
    assert found(report, "9") == (INDETERMINATE, "time.received-later")
    assert report.facts["not_later_than"] is None


def test_a_minute_between_two_clocks_is_nothing(bench: Workbench) -> None:
    bench.authorities = [FakeAuthority(name, FakeClock(NOON)) for name in ("Alpha", "Beta")]
    bench.clock.move(seconds=60)
    bench.ledger = bench.reopened()
    index = bench.deposit()
    bench.ledger.seal()
    assert bench.check(written(bench.issue(index))).verdict is PASSED


def test_a_failed_token_makes_the_whole_failed(subject: Subject) -> None:
    """Though the other token would have been enough."""
    policy = subject.bench.policy(time=asked(1, 1))
    seal = subject.bench.store.seal(0)
    assert seal is not None
    broken = tuple(
        replace(one, record=_with_last_bit_flipped(one.record, seal.tokens[0].token))
        for one in subject.parts.records
    )
    report = subject.bench.check(written(replace(subject.parts, records=broken)), BESIDE, policy)
    assert found(report, "9.1") == (FAILED, "cms.signature")
    assert found(report, "9.2")[0] is PASSED
    assert report.verdict is FAILED


def _with_last_bit_flipped(record: bytes, token: bytes) -> bytes:
    """``record`` with another last byte in the signature of ``token``, where it holds it."""
    return record.replace(token, token[:-1] + bytes([token[-1] ^ 1]))


def test_a_time_to_come_is_no_defect(subject: Subject) -> None:
    """The clock of whoever checks may be wrong, or ``--at`` is before the deposit."""
    alpha = subject.bench.authorities[0]
    policy = subject.bench.policy(authorities=tsa(alpha), time=asked(1, 1))
    report = subject.bench.check(subject.data, BESIDE, policy, NOON - timedelta(seconds=5))
    assert found(report, "9.1") == (INDETERMINATE, "timestamp.in-the-future")
    (says,) = [step.says for step in report.steps if step.number == "9.1"]
    assert "." not in says[:-1]
    assert report.verdict is INDETERMINATE


def test_an_expired_authority_is_undecided(subject: Subject) -> None:
    report = subject.bench.check(subject.data, BESIDE, at=NOON + 2 * YEAR)
    assert {found(report, number)[0] for number in ("9.1", "9.2", "9")} == {INDETERMINATE}
    assert report.verdict is INDETERMINATE
