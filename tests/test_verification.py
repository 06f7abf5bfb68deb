"""Certificates under attack: nothing but a sound one PASSES, and nothing makes the check break."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.keys.note_signer import SoftwareNoteSigner
from evidence_ledger.adapters.timestamping.local import create_local_authority
from evidence_ledger.core import der_writer, evidence_record, trust_policy
from evidence_ledger.core import statement as statements
from evidence_ledger.core.certificate import Certificate, DisclosedClaim
from evidence_ledger.core.certificate_writer import EmbeddedFile, covered_object
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.claim import Claim
from evidence_ledger.core.entry import parse
from evidence_ledger.core.merkle import leaf_hash
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verification import verify_certificate
from evidence_ledger.core.verification_case import _check_links
from evidence_ledger.core.verifier_key import KeyType
from tests.fakes import NOON, FakeAuthority, FakeClock, pem_of
from tests.token_factory import RIGHT, token
from tests.workbench import (
    CA,
    DEPOSITOR,
    ORIGIN,
    Workbench,
    fact,
    found,
    note_signers,
    presented,
    step,
    written,
)
from tests.x509_factory import YEAR, issue

PASSED, INDETERMINATE, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED
FILES = {"a.txt": b"alpha", "b.txt": b"beta"}
BESIDE = [presented(name, data) for name, data in FILES.items()]
CASE = ("matter/case_number", "4711")


class Subject:
    """A sealed ledger with neighbours, and the certificate of one entry in it."""

    def __init__(self, folder: Path) -> None:
        self.bench = Workbench(folder)
        self.bench.deposit([fact("other.txt", b"of a neighbour")])
        facts = [fact(name, data) for name, data in FILES.items()]
        self.index = self.bench.deposit(facts, [CASE])
        self.bench.deposit([fact("other.txt", b"of another neighbour")])
        assert not self.bench.ledger.seal().failures
        self.parts = self.bench.issue(self.index)
        self.data = written(self.parts)

    def check(
        self, parts: Certificate, policy: str | None = "", files: list[PresentedFile] | None = None
    ) -> Report:
        return self.bench.check(written(parts), BESIDE if files is None else files, policy)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    made = Subject(tmp_path_factory.mktemp("subject"))
    yield made
    made.bench.store.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    made = Workbench(tmp_path)
    yield made
    made.store.close()


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


# --- whom the policy trusts


def test_a_ledger_that_the_policy_does_not_name_is_undecided(subject: Subject) -> None:
    stranger = note_signers("other.example")[0].vkey
    policy = subject.bench.policy(log=f'[[log]]\nvkeys = ["{stranger}"]\n')
    assert found(subject.check(subject.parts, policy), "7") == (
        INDETERMINATE,
        "checkpoint.unknown-log",
    )


def test_another_key_of_the_same_name_is_undecided(subject: Subject) -> None:
    impostor = SoftwareNoteSigner(ORIGIN, KeyType.ED25519, b"i" * 32).vkey
    policy = subject.bench.policy(log=f'[[log]]\nvkeys = ["{impostor}"]\n')
    assert found(subject.check(subject.parts, policy), "7") == (
        INDETERMINATE,
        "checkpoint.unsigned",
    )


def without_line(parts: Certificate, at: int) -> Certificate:
    lines = parts.checkpoint.splitlines(keepends=True)
    del lines[at]
    checkpoint = b"".join(lines)
    proof = replace(TlogProof.parse(parts.proof), checkpoint_note=checkpoint)
    return replace(parts, checkpoint=checkpoint, proof=proof.encode())


@pytest.mark.parametrize("line", [-1, -2])
def test_one_of_two_log_keys_missing_is_undecided(subject: Subject, line: int) -> None:
    report = subject.check(without_line(subject.parts, line))
    assert found(report, "7") == (INDETERMINATE, "checkpoint.unsigned")


def test_own_keys_that_did_not_sign_are_refused_and_none_are_undecided(subject: Subject) -> None:
    stranger = note_signers("other.example")[0].vkey.encode() + b"\n"
    report = subject.check(replace(subject.parts, vkeys=stranger), None)
    assert found(report, "7") == (FAILED, "checkpoint.own-keys")
    report = subject.check(replace(subject.parts, vkeys=b""), None)
    assert found(report, "7") == (INDETERMINATE, "checkpoint.no-policy")


WITNESSES = [
    SoftwareNoteSigner(f"w{number}.example", kind, bytes([number]) * 32)
    for number, kind in enumerate(
        (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44, KeyType.ED25519_COSIGNATURE)
    )
]


def cosigned(parts: Certificate, *witnesses: SoftwareNoteSigner) -> Certificate:
    proof = TlogProof.parse(parts.proof)
    text = proof.checkpoint_note.partition(b"\n\n")[0] + b"\n"
    lines = b"".join(one.sign(text, NOON) for one in witnesses)
    note = proof.checkpoint_note + lines
    return replace(parts, proof=replace(proof, checkpoint_note=note).encode())


def witnesses(required: int, *names: str) -> str:
    named = zip(WITNESSES, names, strict=False)
    tables = [f'[[witness]]\nname = "{name}"\nvkey = "{one.vkey}"\n' for one, name in named]
    return "".join(tables) + f"[quorum]\nwitnesses = {required}\n"


@pytest.mark.parametrize(
    ("names", "present", "expected"),
    [
        (("A", "B", "C"), (0, 1), PASSED),
        (("A", "B", "C"), (1, 2), PASSED),
        (("A", "B", "C"), (1,), INDETERMINATE),
        (("A", "B", "C"), (), INDETERMINATE),
        (("A", "A", "C"), (0, 1), INDETERMINATE),
        (("A", "A", "C"), (0, 2), PASSED),
        (("A",), (0, 1, 2), INDETERMINATE),
    ],
)
def test_so_many_witnesses_as_the_policy_asks_for(
    subject: Subject, names: tuple[str, ...], present: tuple[int, ...], expected: Verdict
) -> None:
    policy = subject.bench.policy(witnesses=witnesses(2, *names))
    parts = cosigned(subject.parts, *(WITNESSES[at] for at in present))
    assert found(subject.check(parts, policy), "8")[0] is expected


def test_a_wrong_cosignature_of_a_known_witness_is_refused(subject: Subject) -> None:
    parts = cosigned(subject.parts, WITNESSES[0])
    proof = TlogProof.parse(parts.proof)
    policy = subject.bench.policy(witnesses=witnesses(0, "A"))
    good = proof.checkpoint_note
    bad = good[:-10] + (b"AAAA" if good[-10:-6] != b"AAAA" else b"BBBB") + good[-6:]
    report = subject.check(
        replace(parts, proof=replace(proof, checkpoint_note=bad).encode()), policy
    )
    assert found(report, "8") == (FAILED, "note.bad-signature")


def test_the_ledgers_own_cosignature_is_no_witness(subject: Subject) -> None:
    own = note_signers()[1]
    policy = subject.bench.policy(
        log=f'[[log]]\nvkeys = ["{note_signers()[0].vkey}", "{own.vkey}"]\n',
        witnesses=f'[[witness]]\nname = "W"\nvkey = "{own.vkey}"\n[quorum]\nwitnesses = 1\n',
    )
    with pytest.raises(Exception, match="named twice"):
        subject.check(subject.parts, policy)


# --- time


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
    assert report.verdict is INDETERMINATE


def test_an_expired_authority_is_undecided(subject: Subject) -> None:
    report = subject.bench.check(subject.data, BESIDE, at=NOON + 2 * YEAR)
    assert {found(report, number)[0] for number in ("9.1", "9.2", "9")} == {INDETERMINATE}
    assert report.verdict is INDETERMINATE


# --- signers


def test_a_signer_that_nobody_names_is_undecided(subject: Subject) -> None:
    report = subject.check(subject.parts, subject.bench.policy(signer=""))
    assert found(report, "10") == (INDETERMINATE, "signer.unknown")


def test_a_pinned_signer_passes_and_another_pin_does_not(subject: Subject) -> None:
    pin = hashlib.sha256(DEPOSITOR.der).hexdigest()
    pinned = subject.bench.policy(signer=f'[[signer]]\ncertificates = ["{pin}"]\n')
    assert subject.check(subject.parts, pinned).verdict is PASSED
    other = subject.bench.policy(signer=f'[[signer]]\ncertificates = ["{"00" * 32}"]\n')
    assert found(subject.check(subject.parts, other), "10") == (INDETERMINATE, "signer.unknown")


def test_a_signer_of_another_ca_is_undecided(subject: Subject) -> None:
    impostor = issue("Test CA", authority=True)
    policy = subject.bench.policy(signer=f"[[signer]]\nroots = '''\n{impostor.pem.decode()}'''\n")
    assert found(subject.check(subject.parts, policy), "10") == (
        INDETERMINATE,
        "chain.unknown-root",
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOON - YEAR, NOON - timedelta(days=1)), (NOON + timedelta(days=1), NOON + YEAR)],
    ids=["expired", "not yet valid"],
)
@pytest.mark.parametrize("pinned", [True, False])
def test_a_signer_out_of_its_dates_is_undecided(
    tmp_path: Path, start: object, end: object, pinned: bool
) -> None:
    signer = issue("Depositor", CA, start=start, end=end)  # type: ignore[arg-type]  # both are datetimes
    bench = Workbench(tmp_path, depositor=signer)
    index = bench.deposit()
    bench.ledger.seal()
    pin = hashlib.sha256(signer.der).hexdigest()
    policy = bench.policy(signer=f'[[signer]]\ncertificates = ["{pin}"]\n') if pinned else ""
    report = bench.check(written(bench.issue(index)), policy=policy)
    bench.store.close()
    reason = "signer.not-valid" if pinned else "signer.chain-not-valid"
    assert found(report, "10") == (INDETERMINATE, reason)


# --- digests and algorithms


def test_a_digest_that_the_policy_asks_for_is_missing(bench: Workbench) -> None:
    index = bench.deposit([fact("a.txt", b"alpha", sm3=False)])
    bench.ledger.seal()
    report = bench.check(written(bench.issue(index)))
    assert found(report, "12") == (INDETERMINATE, "policy.digest-missing")


@pytest.mark.parametrize(
    ("end", "name", "verdict"),
    [
        ("2026-11-22", "ecdsa-sha256", PASSED),
        ("2026-11-21", "ecdsa-sha256", INDETERMINATE),
        ("2026-11-21", "sha256", INDETERMINATE),
        ("2026-11-21", "ed25519", PASSED),
        ("2026-11-21", "rsa-pkcs1-sha256", PASSED),
    ],
)
def test_an_algorithm_is_accepted_to_the_end_of_its_last_day(
    subject: Subject, end: str, name: str, verdict: Verdict
) -> None:
    policy = subject.bench.policy(algorithms=f"[algorithms]\n{name} = {end}\n")
    report = subject.check(subject.parts, policy)
    assert (found(report, "12")[0], report.verdict) == (verdict, verdict)


# --- entries and statements that name what came later


def test_a_statement_that_names_a_later_tree_is_refused(subject: Subject) -> None:
    signed = statements.parse(subject.parts.statement)
    _check_links(signed, 1)
    for later in (
        replace(signed, after=TreePoint(2, bytes(32))),
        replace(signed, refs=(statements.Reference(1, bytes(32)),)),
    ):
        with pytest.raises(Exception, match="later"):
            _check_links(later, 1)


# --- hostile bytes


def check_never_raises(data: bytes, policy: str) -> Report:
    report = verify_certificate(io.BytesIO(data), BESIDE, trust_policy.parse(policy), NOON)
    assert report.steps
    return report


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_report(data: bytes) -> None:
    assert check_never_raises(data, "v = 1").verdict is FAILED


PARTS: Mapping[str, Callable[[Certificate, bytes], Certificate]] = {
    "statement": lambda parts, data: replace(parts, statement=data),
    "signature": lambda parts, data: replace(parts, signature=data),
    "entry": lambda parts, data: replace(parts, entry=data),
    "proof": lambda parts, data: replace(parts, proof=data),
    "checkpoint": lambda parts, data: replace(parts, checkpoint=data),
    "vkeys": lambda parts, data: replace(parts, vkeys=data),
    "claim": lambda parts, data: replace(
        parts, claims=(replace(parts.claims[0], data=data.replace(b"\n", b" ")), *parts.claims[1:])
    ),
    "record": lambda parts, data: replace(
        parts, records=(replace(parts.records[0], record=data), *parts.records[1:])
    ),
}
READ: Mapping[str, Callable[[Certificate], bytes]] = {
    "statement": lambda parts: parts.statement,
    "signature": lambda parts: parts.signature,
    "entry": lambda parts: parts.entry,
    "proof": lambda parts: parts.proof,
    "checkpoint": lambda parts: parts.checkpoint,
    "vkeys": lambda parts: parts.vkeys,
    "claim": lambda parts: parts.claims[0].data,
    "record": lambda parts: parts.records[0].record,
}


@pytest.mark.parametrize("member", sorted(PARTS))
@given(data=st.data())
def test_a_mutated_member_never_passes_and_never_breaks_the_check(
    subject: Subject, member: str, data: st.DataObject
) -> None:
    before = READ[member](subject.parts)
    start = data.draw(st.integers(0, len(before)))
    cut = data.draw(st.integers(0, 8))
    after = before[:start] + data.draw(st.binary(max_size=8)) + before[start + cut :]
    report = check_never_raises(
        written(PARTS[member](subject.parts, after)), subject.bench.policy()
    )
    assert after == before or member == "vkeys" or report.verdict is not PASSED


@given(data=st.data())
def test_a_mutated_container_never_gives_other_facts(subject: Subject, data: st.DataObject) -> None:
    changed = bytearray(subject.data)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    report = check_never_raises(bytes(changed), subject.bench.policy())
    if report.verdict is PASSED:
        usual = subject.bench.check(subject.data, BESIDE)
        assert report.facts == usual.facts


def test_a_token_of_an_absurd_accuracy_is_refused_and_breaks_nothing(subject: Subject) -> None:
    """Its seconds are more than a calendar holds."""
    for seconds in (2**39 - 1, 24 * 3600 + 1):
        one = token(RIGHT.but(accuracy=der_writer.sequence(der_writer.integer(seconds))))
        leaves = [bytes(32), bytes([1]) * 32]
        record = evidence_record.initial_record(RecordTree(leaves).plain_path(0), one)
        covered = covered_object("checkpoint", subject.parts.checkpoint)
        odd = replace(subject.parts.records[0], covered=covered, record=record)
        report = subject.check(replace(subject.parts, records=(odd, *subject.parts.records)))
        assert report.verdict is FAILED


def test_an_unsigned_tree_of_the_right_name_is_undecided(subject: Subject) -> None:
    """Anyone can write a checkpoint over one entry; only the ledger's keys make it its own."""
    impostors = [SoftwareNoteSigner(ORIGIN, KeyType.ED25519, b"j" * 32)]
    entry = replace(parse(subject.parts.entry), index=0).encode()
    text = Checkpoint(ORIGIN, 1, leaf_hash(entry)).encode()
    note = text + b"\n" + b"".join(one.sign(text, NOON) for one in impostors)
    parts = replace(
        subject.parts,
        entry=entry,
        checkpoint=note,
        proof=TlogProof(0, (), note).encode(),
        records=(),
    )
    report = subject.check(parts)
    assert found(report, "6")[0] is PASSED
    assert found(report, "7") == (INDETERMINATE, "checkpoint.unsigned")
    assert report.verdict is INDETERMINATE
