"""Files laid beside a certificate, and inside: altered, unknown, hidden, shown."""

from __future__ import annotations

from dataclasses import replace

from evidence_ledger.core.certificate_writer import EmbeddedFile
from evidence_ledger.core.presented_file import PresentedFile
from tests.verification.subject import BESIDE, FAILED, FILES, INDETERMINATE, PASSED, Subject
from tests.workbench import found, presented, step, written


def test_an_altered_file_is_refused(subject: Subject) -> None:
    report = subject.check(subject.parts, files=[presented("a.txt", b"alphA")])
    assert found(report, "11") == (FAILED, "file.altered")
    assert "altered" in step(report, "11").says


def test_a_file_of_the_same_sha256_and_another_sm3_is_refused(subject: Subject) -> None:
    right = presented("a.txt", FILES["a.txt"]).fingerprint
    digests = dict(right.digests) | {one: bytes(32) for one in right.digests if one != "sha256"}
    forged = PresentedFile(b"a.txt", replace(right, digests=digests))
    assert found(subject.check(subject.parts, files=[forged]), "11") == (FAILED, "file.altered")


def test_a_file_that_was_never_deposited_is_undecided(subject: Subject) -> None:
    report = subject.check(subject.parts, files=[presented("c.txt", b"gamma")])
    assert found(report, "11") == (INDETERMINATE, "file.not-deposited")


def test_one_of_two_files_altered_is_refused(subject: Subject) -> None:
    files = [BESIDE[0], presented("b.txt", b"not beta")]
    assert subject.check(subject.parts, files=files).verdict is FAILED


def test_a_file_whose_claim_is_hidden_is_not_proved(subject: Subject) -> None:
    parts = subject.bench.issue(subject.index, [2])
    assert subject.check(parts, files=[]).verdict is PASSED
    report = subject.check(parts, files=BESIDE[:1])
    assert found(report, "11") == (INDETERMINATE, "file.not-shown")
    assert "a.txt" not in str(report.facts)


def test_some_claims_shown_pass(subject: Subject) -> None:
    report = subject.check(subject.bench.issue(subject.index, [1]), files=BESIDE[1:])
    assert report.verdict is PASSED
    assert step(report, "4").says.startswith("1 of 3 claims shown")


def test_a_file_inside_without_its_claim_is_refused(subject: Subject) -> None:
    digest = BESIDE[0].fingerprint.sha256
    inside = EmbeddedFile(0, b"a.txt", 5, digest, [b"alpha"])
    shown = subject.bench.issue(subject.index, [1])
    report = subject.bench.check(written(shown, [inside]))
    assert found(report, "11") == (FAILED, "file.no-claim")


def test_without_files_it_is_said_that_nothing_was_compared(subject: Subject) -> None:
    said = step(subject.check(subject.parts, files=[]), "11").says
    assert said.endswith("nothing was compared with the 2 fingerprints.")
    hidden = step(subject.check(subject.bench.issue(subject.index, [2]), files=[]), "11").says
    assert hidden.startswith("The certificate shows no file, and none was presented")
