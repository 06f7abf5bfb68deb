"""Who reads claims, and who does not any more."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest

from evidence_ledger.core.administration import (
    AddRevocationList,
    Enrol,
    EnrolIssuer,
    Revoke,
    RevokeIssuer,
    Rotate,
)
from evidence_ledger.core.chain import NOTHING
from evidence_ledger.core.claim_access import readable_claims
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.register import Register
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Statement
from evidence_ledger.errors import NotAllowed
from tests.revocation_factory import DAY, Gone, crl
from tests.x509_factory import NOW, Holder, issue

ROOT = issue("Bar", authority=True)
MIDDLE = issue("Bar, members", ROOT, authority=True)
OPERATOR, STRANGER = issue("Operator"), issue("Stranger")
FIRM, MEMBER = issue("Firm", ROOT), issue("Member", MIDDLE)
DEPOSITOR = frozenset({Role.DEPOSITOR})


def fingerprint(holder: Holder) -> bytes:
    return hashlib.sha256(holder.der).digest()


BOSS = fingerprint(OPERATOR)


@pytest.fixture
def register() -> Register:
    """An open ledger with a CA."""
    made = Register(BOSS)
    made.take(EnrolIssuer(ROOT.der, DEPOSITOR), BOSS)
    return made


def reads(
    register: Register, holder: Holder, *others: Holder, at: datetime = NOW + DAY
) -> str | None:
    """Why a depositor may not read its own claims; None where it may."""
    who = Identity(holder.der, tuple(one.der for one in others))
    deposit = Statement("deposit", "l", NOTHING, fingerprint(holder), NOW, NOTHING, bytes(16))
    try:
        found = readable_claims(
            register,
            deposit,
            who.fingerprint,
            lambda: register.roles_of(who.fingerprint, lambda: who, at),
            [],
        )
    except NotAllowed as error:
        return error.reason
    assert found is None
    return None


def test_a_depositor_reads_whether_enrolled_or_not(register: Register) -> None:
    assert reads(register, FIRM) is None
    assert reads(register, STRANGER) is None
    assert reads(register, FIRM, at=NOW + timedelta(days=400)) is None


def test_one_whom_the_list_of_its_ca_names_reads_nothing(register: Register) -> None:
    gone = crl(ROOT, Gone(FIRM, NOW), issued=NOW, until=NOW + 8 * DAY)
    register.take(AddRevocationList(gone), BOSS)
    assert reads(register, FIRM) == "register.revoked"
    assert reads(register, FIRM, at=NOW + timedelta(days=400)) == "register.revoked"
    register.take(RevokeIssuer(fingerprint(ROOT)), BOSS)
    assert reads(register, FIRM) == "register.revoked"
    assert reads(register, STRANGER) is None


def test_the_list_of_an_intermediate_counts_without_a_chain(register: Register) -> None:
    gone = crl(MIDDLE, Gone(MEMBER, NOW), issued=NOW, until=NOW + 8 * DAY)
    register.take(AddRevocationList(gone), BOSS)
    assert reads(register, MEMBER, MIDDLE) == "register.revoked"
    assert reads(register, MEMBER) == "register.revoked"


def test_a_list_that_another_key_signed_stops_no_reading(register: Register) -> None:
    gone = crl(ROOT, Gone(FIRM, NOW), issued=NOW, until=NOW + 8 * DAY, signer=STRANGER)
    register.take(AddRevocationList(gone), BOSS)
    assert reads(register, FIRM) is None


def test_members_of_a_ca_that_was_revoked_read_nothing(register: Register) -> None:
    register.take(RevokeIssuer(fingerprint(ROOT)), BOSS)
    assert reads(register, FIRM) == "register.revoked"
    assert reads(register, MEMBER, MIDDLE) == "register.revoked"
    assert reads(register, FIRM, at=NOW + timedelta(days=400)) == "register.revoked"
    assert reads(register, STRANGER) is None
    register.take(Enrol(fingerprint(FIRM), DEPOSITOR), BOSS)
    assert reads(register, FIRM) is None, "enrolled one by one"


def test_neither_a_rotated_key_nor_the_key_after_a_revoked_one_reads(register: Register) -> None:
    register.take(Rotate(fingerprint(STRANGER), b""), fingerprint(FIRM))
    assert reads(register, FIRM) == "register.revoked"
    register.take(Revoke(fingerprint(STRANGER)), BOSS)
    assert reads(register, STRANGER) == "register.revoked"


def test_a_copy_remembers_the_former_ca(register: Register) -> None:
    register.take(RevokeIssuer(fingerprint(ROOT)), BOSS)
    assert reads(register.copy(), FIRM) == "register.revoked"
