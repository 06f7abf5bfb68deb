"""The register: who may do what after which acts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from evidence_ledger.core import cades
from evidence_ledger.core.administration import (
    AddRevocationList,
    ChangeRoles,
    Enrol,
    EnrolIssuer,
    Revoke,
    RevokeIssuer,
    Rotate,
    Settings,
)
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.register import Register
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.role import Role
from evidence_ledger.core.rotation import check_proof, rotation_text
from evidence_ledger.errors import NotAllowed, Refused
from tests.fakes import signer_of
from tests.revocation_factory import DAY, Gone, crl
from tests.x509_factory import NOW, Holder, issue

ROOT = issue("Root of lawyers", authority=True)
OTHER_ROOT = issue("Another root", authority=True)
OPERATOR, FIRM, STRANGER = issue("Operator"), issue("Firm"), issue("Stranger")
LAWYER = issue(
    "Lawyer",
    ROOT,
    extra=[(x509.SubjectAlternativeName([x509.RFC822Name("l@firm.example")]), False)],
)
DEPOSITOR, COURT = frozenset({Role.DEPOSITOR}), frozenset({Role.COURT})


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


def who(holder: Holder, *others: Holder, lists: tuple[bytes, ...] = ()) -> Identity:
    return Identity(holder.der, tuple(one.der for one in others), RevocationData(lists))


BOSS = fingerprint(OPERATOR)


@pytest.fixture
def register() -> Register:
    """A closed ledger with a firm."""
    made = Register(BOSS)
    made.take(Enrol(fingerprint(FIRM), DEPOSITOR), BOSS)
    made.take(Settings(True), BOSS)
    return made


def check(register: Register, kind: str, one: Identity, at: datetime) -> None:
    register.check(kind, one.fingerprint, lambda: one, at)


def refusal(register: Register, holder: Holder, kind: str = "deposit", **more: int) -> str | None:
    try:
        check(register, kind, who(holder), NOW + timedelta(**more))
    except NotAllowed as error:
        return error.reason
    return None


def test_an_open_ledger_is_for_all() -> None:
    check(Register(BOSS), "order", who(STRANGER), NOW)
    assert NotAllowed.exit_code == 110


def test_in_a_closed_ledger_the_enrolled_alone_hand_in(register: Register) -> None:
    assert refusal(register, FIRM) is None
    assert refusal(register, STRANGER) == "register.not-enrolled"
    register.take(Settings(False), BOSS)
    assert refusal(register, STRANGER) is None


def test_the_operator_seals_and_does_not_deposit(register: Register) -> None:
    assert refusal(register, OPERATOR, "seal") is None
    assert refusal(register, OPERATOR) == "register.role"
    assert refusal(register, FIRM, "seal") == "register.role"


@pytest.mark.parametrize(
    "act",
    [
        Enrol(fingerprint(STRANGER), COURT),
        EnrolIssuer(ROOT.der, DEPOSITOR),
        ChangeRoles(fingerprint(FIRM), frozenset({Role.OPERATOR})),
        Revoke(BOSS),
        RevokeIssuer(fingerprint(ROOT)),
        AddRevocationList(crl(ROOT)),
        Settings(False),
    ],
)
@pytest.mark.parametrize("signer", [FIRM, STRANGER])
def test_only_an_operator_acts(
    register: Register, act: Enrol | EnrolIssuer | Revoke, signer: Holder
) -> None:
    with pytest.raises(NotAllowed) as caught:
        register.take(act, fingerprint(signer))
    assert caught.value.reason == "register.not-operator"


def test_roles_change_and_end(register: Register) -> None:
    register.take(ChangeRoles(fingerprint(FIRM), COURT), BOSS)
    assert refusal(register, FIRM) == "register.role"
    assert refusal(register, FIRM, "order") is None
    register.take(Revoke(fingerprint(FIRM)), BOSS)
    assert refusal(register, FIRM, "order") == "register.revoked"
    register.take(Enrol(fingerprint(FIRM), DEPOSITOR), BOSS)
    assert refusal(register, FIRM) is None


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (Enrol(fingerprint(FIRM), COURT), "register.enrolled"),
        (ChangeRoles(fingerprint(STRANGER), COURT), "register.unknown"),
        (RevokeIssuer(fingerprint(ROOT)), "register.unknown-issuer"),
        (Revoke(BOSS), "register.last-operator"),
        (ChangeRoles(BOSS, COURT), "register.last-operator"),
    ],
)
def test_acts_without_sense_are_refused(
    register: Register, act: Enrol | Revoke, reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        register.take(act, BOSS)
    assert caught.value.reason == reason


def test_an_operator_may_go_when_there_is_another(register: Register) -> None:
    register.take(Enrol(fingerprint(STRANGER), frozenset({Role.OPERATOR})), BOSS)
    register.take(Revoke(BOSS), fingerprint(STRANGER))
    with pytest.raises(NotAllowed):
        register.take(Settings(False), BOSS)
    register.take(Settings(False), fingerprint(STRANGER))


def test_a_root_vouches_until_it_is_revoked(register: Register) -> None:
    assert refusal(register, LAWYER) == "register.not-enrolled"
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    assert refusal(register, LAWYER) is None
    assert refusal(register, LAWYER, "order") == "register.role"
    assert refusal(register, STRANGER) == "register.not-enrolled"
    register.take(RevokeIssuer(fingerprint(ROOT)), BOSS)
    assert refusal(register, LAWYER) == "register.revoked"
    assert refusal(register, STRANGER) == "register.not-enrolled"
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    assert refusal(register, LAWYER) is None


def test_an_expired_x509_certificate_of_a_root_is_not_enrolled(register: Register) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    assert refusal(register, LAWYER, days=400) == "register.not-enrolled"


def test_one_whom_a_root_vouches_for_is_revoked_by_name(register: Register) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    register.take(Revoke(fingerprint(LAWYER)), BOSS)
    assert refusal(register, LAWYER) == "register.revoked"


@pytest.mark.parametrize(
    ("permitted", "reason"),
    [
        (("mail:firm.example",), None),
        (("dns:elsewhere.example", "mail:l@firm.example"), None),
        (("mail:elsewhere.example",), "register.not-enrolled"),
        (("mail:arm.example",), "register.not-enrolled"),
        (("dns:firm.example",), "register.not-enrolled"),
    ],
)
def test_a_root_is_bound_to_names(
    register: Register, permitted: tuple[str, ...], reason: str | None
) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR, permitted), BOSS)
    assert refusal(register, LAWYER) == reason


def test_one_name_beyond_is_enough_to_be_refused(register: Register) -> None:
    names = [x509.RFC822Name("l@firm.example"), x509.RFC822Name("l@elsewhere.example")]
    both = issue("Both", ROOT, extra=[(x509.SubjectAlternativeName(names), False)])
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR, ("mail:firm.example",)), BOSS)
    assert refusal(register, both) == "register.not-enrolled"


def test_name_constraints_of_an_intermediate_count(register: Register) -> None:
    permitted = x509.NameConstraints([x509.RFC822Name("elsewhere.example")], None)
    between = issue("Between", ROOT, authority=True, extra=[(permitted, True)])
    names = x509.SubjectAlternativeName([x509.RFC822Name("l@firm.example")])
    leaf = issue("Leaf", between, extra=[(names, False)])
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    with pytest.raises(NotAllowed):
        check(register, "deposit", who(leaf, between), NOW)
    good = issue("Between", ROOT, authority=True)
    leaf = issue("Leaf", good, extra=[(names, False)])
    check(register, "deposit", who(leaf, good), NOW)
    with pytest.raises(NotAllowed):
        check(register, "deposit", who(leaf), NOW)


def test_a_revocation_list_ends_what_a_root_said(register: Register) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    gone = crl(ROOT, Gone(LAWYER, NOW), issued=NOW, until=NOW + 8 * DAY)
    register.take(AddRevocationList(gone), BOSS)
    assert refusal(register, LAWYER, days=1) == "register.revoked"
    assert refusal(register, LAWYER, days=400) == "register.revoked"
    with pytest.raises(Refused) as caught:
        register.take(AddRevocationList(crl(ROOT, issued=NOW, until=NOW + DAY)), BOSS)
    assert caught.value.reason == "register.older-list"


def test_a_list_by_another_key_ends_nothing(register: Register) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    false = crl(ROOT, Gone(LAWYER, NOW), issued=NOW, until=NOW + 8 * DAY, signer=OTHER_ROOT)
    register.take(AddRevocationList(false), BOSS)
    assert refusal(register, LAWYER, days=1) is None
    assert refusal(register, LAWYER, days=400) == "register.not-enrolled"


def test_where_lists_are_demanded_one_must_be_there(register: Register) -> None:
    register.take(EnrolIssuer(ROOT.der, DEPOSITOR, demanded=True), BOSS)
    assert refusal(register, LAWYER, days=1) == "register.not-enrolled"
    fresh = crl(ROOT, issued=NOW, until=NOW + 8 * DAY)
    check(register, "deposit", who(LAWYER, lists=(fresh,)), NOW + DAY)
    register.take(AddRevocationList(fresh), BOSS)
    assert refusal(register, LAWYER, days=1) is None
    assert refusal(register, LAWYER, days=30) == "register.not-enrolled"


def test_a_rotated_key_takes_the_roles_along(register: Register) -> None:
    following = issue("Firm, next key")
    register.take(Rotate(fingerprint(following), b"proved elsewhere"), fingerprint(FIRM))
    assert refusal(register, FIRM) == "register.revoked"
    assert refusal(register, following) is None
    assert register.same_holder(fingerprint(FIRM), fingerprint(following))
    assert not register.same_holder(fingerprint(FIRM), fingerprint(STRANGER))
    with pytest.raises(Refused) as caught:
        register.take(Enrol(fingerprint(FIRM), DEPOSITOR), BOSS)
    assert caught.value.reason == "register.rotated"


def test_a_rotated_key_does_not_survive_the_revocation_of_its_predecessor(
    register: Register,
) -> None:
    second, third = issue("Thief"), issue("Thief again")
    register.take(Rotate(fingerprint(second), b""), fingerprint(FIRM), 7)
    register.take(Rotate(fingerprint(third), b""), fingerprint(second), 9)
    for before in (FIRM, second):
        with pytest.raises(Refused) as caught:
            register.take(Revoke(fingerprint(before)), BOSS)
        assert caught.value.reason == "register.rotated"
        assert fingerprint(third).hex() in (caught.value.hint or "")
    register.take(Revoke(fingerprint(third)), BOSS)
    assert {refusal(register, one) for one in (FIRM, second, third)} == {"register.revoked"}
    assert register.rotated == {
        fingerprint(FIRM): fingerprint(second),
        fingerprint(second): fingerprint(third),
    }
    assert [(one.signer, one.following, one.entry) for one in register.copy().rotations] == [
        (fingerprint(FIRM), fingerprint(second), 7),
        (fingerprint(second), fingerprint(third), 9),
    ]


def test_the_operators_key_rotates_too(register: Register) -> None:
    register.take(Rotate(fingerprint(STRANGER), b""), BOSS)
    with pytest.raises(NotAllowed):
        register.take(Settings(False), BOSS)
    register.take(Settings(False), fingerprint(STRANGER))


@pytest.mark.parametrize("following", [FIRM, OPERATOR])
def test_no_key_is_taken_over_by_rotation(register: Register, following: Holder) -> None:
    register.take(Revoke(fingerprint(LAWYER)), BOSS)
    for signer in (FIRM, STRANGER):
        with pytest.raises(Refused) as caught:
            register.take(Rotate(fingerprint(following), b""), fingerprint(signer))
        assert caught.value.reason == "register.key-used"
    with pytest.raises(Refused):
        register.take(Rotate(fingerprint(LAWYER), b""), fingerprint(FIRM))


def test_the_revoked_do_not_escape_by_rotation(register: Register) -> None:
    register.take(Revoke(fingerprint(FIRM)), BOSS)
    with pytest.raises(NotAllowed) as caught:
        register.take(Rotate(fingerprint(STRANGER), b""), fingerprint(FIRM))
    assert caught.value.reason == "register.revoked"


def test_a_copy_changes_by_itself(register: Register) -> None:
    copy = register.copy()
    copy.take(Settings(False), BOSS)
    copy.take(Revoke(fingerprint(FIRM)), BOSS)
    copy.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    copy.take(AddRevocationList(crl(ROOT)), BOSS)
    copy.take(Rotate(fingerprint(STRANGER), b""), BOSS)
    assert register.closed
    assert refusal(register, FIRM) is None
    assert refusal(register, OPERATOR, "seal") is None
    assert not register.issuers
    assert not list(register.lists)


def proof(holder: Holder, text: bytes) -> bytes:
    signer = signer_of(holder)
    attributes = cades.to_be_signed(text, NOW, signer.chain[0], signer.scheme)
    return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)


def test_the_next_key_proves_itself() -> None:
    text = rotation_text("l", fingerprint(FIRM), fingerprint(STRANGER))
    check_proof(proof(STRANGER, text), "l", fingerprint(FIRM), fingerprint(STRANGER))
    for ledger, present in (("m", FIRM), ("l", OPERATOR)):
        with pytest.raises(Refused):
            check_proof(proof(STRANGER, text), ledger, fingerprint(present), fingerprint(STRANGER))
    with pytest.raises(Refused) as caught:
        check_proof(proof(FIRM, text), "l", fingerprint(FIRM), fingerprint(STRANGER))
    assert caught.value.reason == "rotation.other-key"


class NeverWhole(dict[bytes, bytes]):
    """Answers single questions, and can't be read from end to end."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("all rotations were read")

    keys = values = items = __iter__  # type: ignore[assignment]  # none of them is to be asked


def test_no_question_reads_all_rotations() -> None:
    """Anybody may rotate a key in an open ledger: a question that read them all grew slow."""
    register = Register(fingerprint(OPERATOR))
    old, new, newest = (number.to_bytes(32) for number in range(3))
    register._before, register._after = NeverWhole(), NeverWhole()
    register.take(Rotate(new, b""), old)
    register.take(Rotate(newest, b""), new)
    for one in (old, new):
        with pytest.raises(NotAllowed, match="another key since") as caught:
            register.require_unrevoked(one)
        assert newest.hex() in (caught.value.hint or "")
    assert register.rotated[old] == new
    assert register.same_holder(old, newest)
