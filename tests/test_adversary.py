"""Certificates by somebody who holds the ledger's keys, or those that an authority has lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record, revocation_list, trust_policy
from evidence_ledger.core.record_coverage import RecordedObject, covering_tokens
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.supplement import Supplement
from evidence_ledger.core.time_proof import (
    ProvedTime,
    StampedObjects,
    existed_by,
    prove,
    weakens_on,
)
from evidence_ledger.errors import Refused
from tests.fakes import FakeAuthority
from tests.record_factory import DATA as EVIDENCE
from tests.record_factory import ROOT as PUBLIC
from tests.record_factory import SHA256, A, day, initial, renewed
from tests.renewed_certificate import AFTER, IN_TIME, by, judged, with_records
from tests.revocation_factory import Gone, crl
from tests.test_bracket import dead, hourly
from tests.workbench import Workbench, found, step, written
from tests.x509_factory import TIMESTAMPS, Holder, issue

HOUSE_ROOT = issue("House root", authority=True, start=day(2020), end=day(2060))
OTHER = issue("Other", PUBLIC, purposes=TIMESTAMPS, start=day(2026), end=day(2035))
HOUSE = issue("House", HOUSE_ROOT, purposes=TIMESTAMPS, start=day(2026), end=day(2050))
DAY = timedelta(days=1)
LOST = crl(
    PUBLIC,
    Gone(A, day(2027, 9), x509.ReasonFlags.key_compromise),
    issued=day(2028, 1),
    until=day(2028, 12),
)
POLICY = trust_policy.parse(
    'v = 1\nname = "test"\n'
    '[[timestamp_authority]]\nname = "Public"\nindependent = true\n'
    f"roots = '''\n{PUBLIC.pem.decode()}'''\n"
    '[[timestamp_authority]]\nname = "House"\nindependent = false\n'
    f"roots = '''\n{HOUSE_ROOT.pem.decode()}'''\n"
    "[time]\nauthorities = 1\nindependent = 1\n"
)


def proved(record: bytes, at: datetime, lists: Sequence[bytes] = ()) -> ProvedTime:
    """What the tokens of a record prove under ``POLICY``."""
    covered = RecordedObject("evidence", data=EVIDENCE)
    way = covering_tokens(evidence_record.parse(record), [covered])
    stamped = StampedObjects(way[0].token, (way,), frozenset())
    return prove(stamped, POLICY, at, Supplement(revocation=RevocationData(tuple(lists))))


@pytest.mark.parametrize(("renewer", "independent"), [(HOUSE, False), (OTHER, True)])
def test_a_lost_key_and_a_backdated_renewal_on_the_own_clock_are_not_independent(
    renewer: Holder, independent: bool
) -> None:
    """The authority lost its key in September 2027. Whoever found it makes a token of June, and
    the ledger's own clock says that it saw this token in August."""
    forged = renewed(initial(moment=day(2027)), day(2027, 8), renewer)
    later = proved(forged, day(2028, 2), [LOST])
    assert later.independent is independent
    assert proved(forged, day(2028, 2)).independent


def test_a_proof_weakens_when_a_key_was_lost_though_its_certificate_goes_on() -> None:
    assert proved(initial(moment=day(2027)), day(2027, 8)).weakens_on == day(2029)
    assert proved(initial(moment=day(2027)), day(2027, 8), [LOST]).weakens_on == day(2027, 9)


def test_a_renewal_on_the_own_clock_does_not_prolong_an_independent_proof() -> None:
    record = renewed(initial(moment=day(2027)), day(2027, 8), HOUSE)
    early = proved(record, day(2028, 2))
    assert (early.independent, early.weakens_on) == (True, day(2029))
    later = proved(record, day(2030))
    assert (later.independent, later.weakens_on) == (False, day(2050))


def test_a_renewal_by_an_authority_that_nobody_trusts_changes_nothing(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    plain = bench.issue(0)
    stranger = issue("Stranger", purposes=TIMESTAMPS, start=day(2026), end=day(2050))
    parts = with_records(plain, by(IN_TIME, stranger), by(IN_TIME, stranger))
    before, after = (judged(bench, one, IN_TIME + DAY) for one in (plain, parts))
    assert after.verdict is Verdict.PASSED
    for fact in ("not_later_than", "weakens_on"):
        assert after.facts[fact] == before.facts[fact]
    assert judged(bench, parts, AFTER).verdict is Verdict.INDETERMINATE


def test_a_renewal_after_the_moment_of_the_check_is_no_defect(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    parts = with_records(bench.issue(0), by(IN_TIME), by(IN_TIME))
    report = judged(bench, parts, IN_TIME - DAY)
    assert report.verdict is Verdict.PASSED
    assert report.facts["weakens_on"] == judged(bench, bench.issue(0), IN_TIME).facts["weakens_on"]


def test_a_renewal_that_covers_something_else_is_refused_though_it_is_not_needed() -> None:
    record = renewed(initial(moment=day(2027)), day(2027, 8), A)
    other = evidence_record.parse(renewed(initial(moment=day(2027, 7)), day(2027, 8), A))
    chain = evidence_record.parse(record).chains[0]
    stamps = [chain.stamps[0].raw, other.chains[0].stamps[1].raw]
    digests = w.sequence(SHA256.identifier.encode())
    swapped = w.sequence(w.integer(1), digests, w.sequence(w.sequence(*stamps)))
    with pytest.raises(Refused, match="does not cover"):
        proved(swapped, day(2027, 9))


def stamped_by(holder: Holder, moment: datetime) -> ProvedTime:
    return proved(initial(moment=moment, signer=holder), day(2028, 2))


def test_it_weakens_when_the_authority_of_the_time_said_does() -> None:
    """One authority is enough. One of June ends in 2029; one of August, in 2035."""
    times = [stamped_by(A, day(2027, 6)), stamped_by(OTHER, day(2027, 8))]
    assert existed_by(times, POLICY) == times[0].latest
    assert weakens_on(times, POLICY) == day(2029)
    assert weakens_on(times[1:], POLICY) == day(2035)


def bracketed(bench: Workbench, *, house_only: bool) -> Report:
    """Three deposits; Beta's X.509 certificate ends in 2028. The check is of 2030."""
    house = FakeAuthority("House", bench.clock, independent=False, root=HOUSE_ROOT)
    house.rotate(HOUSE)
    beta = FakeAuthority("Beta", bench.clock, root=PUBLIC)
    beta.rotate(issue("Beta", PUBLIC, purposes=TIMESTAMPS, start=day(2026), end=day(2028)))
    bench.authorities = [house, beta]
    bench.ledger = bench.reopened()
    hourly(bench, 2)
    if house_only:
        beta.answer = dead
    else:
        beta.rotate(issue("Beta", PUBLIC, purposes=TIMESTAMPS, start=day(2026), end=day(2040)))
    index = hourly(bench, 1)[0]
    time = "[time]\nauthorities = 1\nindependent = 0\n"
    policy = bench.policy(time=time, algorithms="")
    return bench.check(written(bench.issue(index)), policy=policy, at=day(2030))


def test_an_expired_key_that_the_own_clock_vouches_for_gives_no_independent_bound(
    bench: Workbench,
) -> None:
    """Beta's token in the earlier seal may be made today: only House says that it is older."""
    report = bracketed(bench, house_only=True)
    assert report.verdict is Verdict.PASSED
    assert step(report, "9.2").says.endswith("(own clock, not independent).")


def test_an_expired_key_that_another_authority_vouches_for_gives_one(bench: Workbench) -> None:
    says = step(bracketed(bench, house_only=False), "9.3").says
    assert says == "Signed not earlier than 2026-11-22 11:59:59 UTC."


@pytest.mark.parametrize("folder", ["chains", "revocation", "seal"])
def test_members_that_every_token_would_be_judged_by_are_counted(
    bench: Workbench, folder: str
) -> None:
    bench.deposit()
    bench.ledger.seal()
    parts = bench.issue(0)
    many = tuple(b"%d" % one for one in range(257))
    named = {f"{one.decode()}.bin": one for one in many}
    changes = {"chains": many, "revocation": named, "seal": named}
    report = bench.check(written(replace(parts, **{folder: changes[folder]})))  # type: ignore[arg-type]  # each its own type
    assert found(report, "1") == (Verdict.FAILED, "certificate.too-many")


def test_a_revocation_list_is_judged_once_for_all_tokens(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand tokens and a hundred lists would take a minute."""
    index = bench.deposit()
    bench.ledger.seal()
    bench.ledger.stamp_files(index)
    parts = bench.issue(index)
    tokens = parts.file_tokens[0][:1] * 20
    lists = {f"{number}.crl": LOST[:-1] + bytes([number]) for number in range(10)}
    copies = tuple(replace(one, authority=f"a{at}") for at, one in enumerate(tokens))
    data = written(replace(parts, file_tokens={0: copies}, revocation=lists))
    read: list[bytes] = []

    def counted(one: bytes) -> revocation_list.RevocationList:
        read.append(one)
        return parse(one)

    parse = revocation_list.parse_list
    monkeypatch.setattr(revocation_list, "parse_list", counted)
    assert bench.check(data).verdict is Verdict.PASSED
    assert 10 <= len(read) <= 60
