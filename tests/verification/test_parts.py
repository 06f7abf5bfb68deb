"""A sound certificate passes; with any part changed, missing or of another one it doesn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from evidence_ledger.core import statement as statements
from evidence_ledger.core.certificate import Certificate, DisclosedClaim
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.entry import parse
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verification_case import _check_links
from tests.verification.subject import BESIDE, FAILED, INDETERMINATE, PASSED, Subject
from tests.workbench import Workbench, found
from tests.x509_factory import YEAR


def test_a_sound_certificate_passes(subject: Subject) -> None:
    report = subject.bench.check(subject.data, BESIDE)
    numbers = [str(one) for one in range(1, 13)]
    assert [one.number for one in report.steps] == [*numbers[:8], "9.1", "9.2", *numbers[8:]]
    assert {one.verdict for one in report.steps} == {PASSED}
    assert report.verdict is PASSED
    assert report.facts["not_later_than"] == "2026-11-22T12:00:00.100000Z"


def test_without_a_policy_nothing_is_passed_that_nobody_vouches_for(subject: Subject) -> None:
    report = subject.check(subject.parts, None)
    assert report.verdict is INDETERMINATE
    assert {one.number: one.reason for one in report.steps if one.verdict is not PASSED} == {
        "7": "checkpoint.no-policy",
        "8": "checkpoint.no-policy",
        "9.1": "chain.unknown-root",
        "9.2": "chain.unknown-root",
        "9": "time.no-policy",
        "10": "signer.no-policy",
        "12": "policy.none",
    }


def changed_claim(parts: Certificate) -> Certificate:
    first, *rest = parts.claims
    return replace(
        parts, claims=(replace(first, data=first.data.replace(b"a.txt", b"b.txt")), *rest)
    )


def fewer_claims(parts: Certificate) -> Certificate:
    return replace(parts, claims=parts.claims[:-1])


def more_claims(parts: Certificate) -> Certificate:
    extra = Claim("origin/source", bytes(32), "me").encode()
    return replace(parts, claims=(*parts.claims, DisclosedClaim(3, extra)))


def longer_path(parts: Certificate) -> Certificate:
    """A path for a claim that the statement names in another place."""
    shown = replace(parts.claims[0], index=1, path=(leaf_hash(parts.claims[0].data),) * 2)
    return replace(parts, claims=(shown,))


def another_index(parts: Certificate) -> Certificate:
    return replace(parts, entry=replace(parse(parts.entry), index=0).encode())


def another_kind(parts: Certificate) -> Certificate:
    return replace(parts, entry=replace(parse(parts.entry), kind="erasure").encode())


def another_time(parts: Certificate) -> Certificate:
    entry = parse(parts.entry)
    return replace(parts, entry=replace(entry, received=entry.received - YEAR).encode())


def another_prev(parts: Certificate) -> Certificate:
    return replace(parts, entry=replace(parse(parts.entry), prev=bytes(32)).encode())


def proof_index(parts: Certificate) -> Certificate:
    proof = TlogProof.parse(parts.proof)
    return replace(parts, proof=replace(proof, index=0).encode())


def proof_hash(parts: Certificate) -> Certificate:
    proof = TlogProof.parse(parts.proof)
    return replace(parts, proof=replace(proof, hashes=(bytes(32), *proof.hashes[1:])).encode())


def short_checkpoint(parts: Certificate) -> Certificate:
    """Only the origin line is covered by time: the root could be of any later tree."""
    return replace(parts, checkpoint=parts.checkpoint.split(b"\n")[0] + b"\n")


def no_checkpoint(parts: Certificate) -> Certificate:
    return replace(parts, checkpoint=b"")


def no_records(parts: Certificate) -> Certificate:
    return replace(parts, records=())


def some_records(parts: Certificate) -> Certificate:
    kept = [one for one in parts.records if one.covered.name != "statement.json"]
    return replace(parts, records=tuple(kept))


def swapped_records(parts: Certificate) -> Certificate:
    covered = [one.covered for one in parts.records]
    turned = [*covered[1:], covered[0]]
    pairs = zip(parts.records, turned, strict=True)
    return replace(parts, records=tuple(replace(one, covered=other) for one, other in pairs))


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        (changed_claim, "4", "claims.root"),
        (fewer_claims, "4", "claims.count"),
        (more_claims, "4", "claims.count"),
        (longer_path, "4", "claims.path"),
        (another_index, "6", "proof.index"),
        (another_kind, "5", "entry.kind"),
        (another_time, "6", "merkle.inclusion"),
        (another_prev, "6", "merkle.inclusion"),
        (proof_index, "6", "proof.index"),
        (proof_hash, "6", "merkle.inclusion"),
        (short_checkpoint, "6", "note.no-blank-line"),
        (no_checkpoint, "6", "note.no-blank-line"),
        (some_records, "9.1", "record.missing"),
        (swapped_records, "9", "record.object-not-covered"),
    ],
)
def test_a_changed_part_is_refused(
    subject: Subject, change: Callable[[Certificate], Certificate], number: str, reason: str
) -> None:
    report = subject.check(change(subject.parts))
    assert report.verdict is FAILED
    assert (reason, FAILED) in {(one.reason, one.verdict) for one in report.steps}, [
        (one.number, one.reason) for one in report.steps
    ]
    assert found(report, number)[0] is FAILED


def test_a_certificate_without_records_proves_no_time(subject: Subject) -> None:
    report = subject.check(no_records(subject.parts))
    assert found(report, "9") == (INDETERMINATE, "time.authorities")
    assert report.verdict is INDETERMINATE


MEMBERS = ["statement", "signature", "entry", "proof", "claims", "records"]


@pytest.mark.parametrize("member", MEMBERS)
def test_members_of_two_certificates_do_not_mix(subject: Subject, member: str) -> None:
    other = subject.bench.issue(0)
    mixed = replace(subject.parts, **{member: getattr(other, member)})
    assert subject.check(mixed, files=[]).verdict is FAILED


def test_an_entry_of_another_tree_is_refused(subject: Subject, bench: Workbench) -> None:
    """The same deposit under the checkpoint of a ledger that lies about its name."""
    bench.deposit()
    bench.ledger.seal()
    stranger = bench.issue(0)
    mixed = replace(subject.parts, proof=stranger.proof, checkpoint=stranger.checkpoint)
    assert subject.check(mixed).verdict is FAILED


def test_a_statement_that_names_a_later_tree_is_refused(subject: Subject) -> None:
    signed = statements.parse(subject.parts.statement)
    _check_links(signed, 1)
    for later in (
        replace(signed, after=TreePoint(2, bytes(32))),
        replace(signed, refs=(statements.Reference(1, bytes(32)),)),
    ):
        with pytest.raises(Exception, match="later"):
            _check_links(later, 1)
