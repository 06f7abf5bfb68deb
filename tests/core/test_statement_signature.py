"""Signatures by their form: the same verdict as the check in full, whatever is changed."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evidence_ledger.core import (
    cades,
    cms,
    der,
    oid,
    signature_audit,
    statement,
    statement_signature,
)
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.cms import Attribute
from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.core.signature_audit import SignatureAudit
from evidence_ledger.core.signature_form import form_of
from evidence_ledger.core.signing_certificate import binding_attribute
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.core.statement_form import plain_statements
from evidence_ledger.core.statement_signature import SignatureCheck, check_signer
from evidence_ledger.errors import EvidenceError, FormatError, Refused
from tests.core.test_cades import HOLDERS, KINDS, signer_of
from tests.fakes import NOON

EMPTY = TreePoint(0, hashlib.sha256().digest())
LONG_AGO, FAR = datetime(1949, 12, 31, tzinfo=UTC), datetime(2051, 3, 30, 23, 59, 59, tzinfo=UTC)


def stated(name: str, number: int = 0) -> bytes:
    """A statement that names the signer ``name``."""
    signer, nonce = hashlib.sha256(HOLDERS[name].der).digest(), number.to_bytes(16, "big")
    return Statement("deposit", "local/1", EMPTY, signer, NOON, EMPTY, nonce).encode()


def signed(name: str, data: bytes, moment: datetime = NOON) -> bytes:
    signer = signer_of(name)
    attributes = cades.to_be_signed(data, moment, signer.chain[0], signer.scheme)
    return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)


def of_length(name: str, length: int, number: int) -> tuple[bytes, bytes]:
    """A statement with a signature of that many bytes: those of ECDSA differ by a few."""
    data = stated(name, number)
    while len(signature := signed(name, data)) != length:
        pass
    return data, signature


@lru_cache
def known(name: str) -> tuple[SignatureCheck, bytes, bytes]:
    """A check that has seen the form; another statement and signature of that form."""
    check = SignatureCheck()
    first = signed(name, stated(name))
    check(stated(name), first)
    return check, *of_length(name, len(first), 1)


def full(data: bytes, signature: bytes) -> None:
    found = cades.verify(signature, data)
    check_signer(statement.parse(data).signer, found.certificate)


def verdict(check: Callable[[bytes, bytes], None], data: bytes, signature: bytes) -> str:
    try:
        check(data, signature)
    except EvidenceError as error:
        return f"{type(error).__name__} {error.reason}"
    return "right"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The signatures that were checked in full."""
    seen: list[bytes] = []
    verify = cades.verify

    def counting(signature: bytes, content: bytes) -> cades.CadesSignature:
        seen.append(signature)
        return verify(signature, content)

    monkeypatch.setattr(cades, "verify", counting)
    return seen


@pytest.mark.parametrize("name", KINDS)
def test_a_known_form_needs_no_check_in_full(name: str, counted: list[bytes]) -> None:
    check, data, signature = known(name)
    check(data, signature)
    assert signature not in counted


@pytest.mark.parametrize("moment", [LONG_AGO, FAR])
def test_times_of_other_centuries_have_a_form_as_well(
    moment: datetime, counted: list[bytes]
) -> None:
    check, data = SignatureCheck(), stated("ed25519")
    signature = signed("ed25519", data, moment)
    check(data, signature)
    check(data, signature)
    assert counted == [signature]


@pytest.mark.parametrize("name", KINDS)
def test_every_changed_byte_has_the_verdict_of_the_check_in_full(name: str) -> None:
    check, data, signature = known(name)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1 << place % 8
        assert verdict(check, data, bytes(changed)) == verdict(full, data, bytes(changed))


def test_every_changed_byte_of_a_statement_is_refused() -> None:
    check, data, signature = known("ed25519")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        found = verdict(check, bytes(changed), signature)
        assert found == verdict(full, bytes(changed), signature) != "right"


@given(st.sampled_from(list(KINDS)), st.data())
def test_any_damage_has_the_verdict_of_the_check_in_full(name: str, draw: st.DataObject) -> None:
    check, data, signature = known(name)
    start = draw.draw(st.integers(0, len(signature)))
    stop = draw.draw(st.integers(start, min(start + 40, len(signature))))
    same = st.binary(min_size=stop - start, max_size=stop - start)
    put = draw.draw(st.one_of(same, st.binary(max_size=40)))
    changed = signature[:start] + put + signature[stop:]
    assert verdict(check, data, changed) == verdict(full, data, changed)


TIMES = ["261122120000Z", "260229120000Z", "991231235959Z", "261131000000Z", "261122240000Z"]


@given(st.one_of(st.sampled_from(TIMES), st.from_regex(r"[0-9]{12}Z", fullmatch=True)))
@example("000229000000Z")
@example("010229000000Z")
@example("261122125960Z")
@example("26112212000Z0")
@example("+61122120000Z")
def test_a_time_that_was_signed_is_judged_alike(text: str) -> None:
    """The signature is made anew each time: the time alone decides."""
    check, data, _ = known("ed25519")
    signer, placed = signer_of("ed25519"), w.oid(oid.SIGNING_TIME)
    attributes = cades.to_be_signed(data, NOON, signer.chain[0], signer.scheme)
    at = attributes.encoded.index(placed) + len(placed) + 4
    spoilt = attributes.encoded[:at] + text.encode() + attributes.encoded[at + 13 :]
    made = cades.assemble(
        cades.SignedAttributes(spoilt, attributes.scheme), signer.sign(spoilt), signer.chain
    )
    assert verdict(check, data, made) == verdict(full, data, made)


@given(st.permutations(range(4)), st.booleans())
def test_signed_attributes_in_any_order_are_judged_alike(order: list[int], twice: bool) -> None:
    check, data, _ = known("ed25519")
    signer = signer_of("ed25519")
    parts = [
        Attribute(oid.CONTENT_TYPE, (w.oid(oid.DATA),)),
        Attribute(oid.SIGNING_TIME, (w.x509_time(NOON),)),
        Attribute(oid.MESSAGE_DIGEST, (w.octet_string(hashlib.sha512(data).digest()),)),
        binding_attribute(signer.chain[0]),
    ]
    chosen = [parts[number].encode() for number in order] + [parts[1].encode()] * twice
    body = w.sequence(*chosen)
    encoded = b"\x31" + body[1:]
    made = cades.assemble(
        cades.SignedAttributes(encoded, signer.scheme), signer.sign(encoded), signer.chain
    )
    assert verdict(check, data, made) == verdict(full, data, made)


def test_a_signature_over_another_statement_is_refused() -> None:
    check, data, signature = known("ed25519")
    with pytest.raises(Refused, match="altered") as caught:
        check(stated("ed25519", 7), signature)
    assert caught.value.reason == "cms.message-digest"
    check(data, signature)


def test_a_statement_that_names_another_signer_is_refused_whatever_is_remembered() -> None:
    check, _, _ = known("ed25519")
    data = stated("rsa-pkcs1-sha256")
    with pytest.raises(Refused, match="names another"):
        check(data, signed("ed25519", data))
    with pytest.raises(Refused, match="names another"):
        check(data, signed("ed25519", data))


def test_a_signature_of_another_key_in_a_known_form_is_refused() -> None:
    check, data, signature = known("ed25519")
    attributes = cades.to_be_signed(data, NOON, HOLDERS["ed25519"].der, "ed25519")
    forged = cades.assemble(attributes, bytes(64), signer_of("ed25519").chain)
    assert len(forged) == len(signature)
    with pytest.raises(Refused) as caught:
        check(data, forged)
    assert caught.value.reason == "cms.signature"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_signature, "MOST_FORMS", 2)
    check = SignatureCheck()
    for name in KINDS:
        data = stated(name)
        check(data, signed(name, data))
    assert 1 <= len(check._forms) <= 2


def test_a_large_signature_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch, counted: list[bytes]
) -> None:
    data = stated("ed25519")
    signature = signed("ed25519", data)
    monkeypatch.setattr(statement_signature, "LARGEST_FORM", len(signature) - 1)
    check = SignatureCheck()
    for _ in range(2):
        check(data, signature)
    assert counted == [signature, signature]


def test_a_time_behind_the_digest_has_no_form() -> None:
    """A time with a long fraction sorts behind: such signatures are checked in full."""
    data, signer = stated("rsa-pkcs1-sha256"), signer_of("rsa-pkcs1-sha256")
    late = w.tlv(der.GENERALIZED_TIME, b"20261122120000.123456789012345678Z")
    attributes = [
        Attribute(oid.CONTENT_TYPE, (w.oid(oid.DATA),)),
        Attribute(oid.SIGNING_TIME, (late,)),
        Attribute(oid.MESSAGE_DIGEST, (w.octet_string(hashlib.sha256(data).digest()),)),
        binding_attribute(signer.chain[0]),
    ]
    encoded = cms.encode_attributes(attributes)
    made = cades.assemble(
        cades.SignedAttributes(encoded, signer.scheme), signer.sign(encoded), signer.chain
    )
    cades.verify(made, data)
    assert form_of(made, signer.chain[0]) is None


def batch(name: str, count: int) -> list[AuditRow]:
    """Rows of signed statements, as an audit reads them."""
    pairs = ((data, signed(name, data)) for data in (stated(name, at) for at in range(count)))
    return [
        (at, b"", b"", hashlib.sha256(data).digest(), data, signature)
        for at, (data, signature) in enumerate(pairs)
    ]


def found_in(rows: list[AuditRow]) -> EvidenceError | None:
    """What is found in one go, and batch by batch."""
    whole, parts = SignatureAudit(), SignatureAudit()
    for audit, size in ((whole, len(rows)), (parts, 5)):
        for at in range(0, len(rows), size):
            batch = rows[at : at + size]
            audit.take(batch, plain_statements([row[4] for row in batch]))
    found, again = whole.finish(), parts.finish()
    assert told(found) == told(again)
    return found


def told(error: EvidenceError | None) -> tuple[str, str, str | None] | None:
    return None if error is None else (error.reason, error.message, error.where)


@pytest.mark.parametrize("name", KINDS)
def test_a_batch_of_known_forms_needs_no_check_in_full(name: str, counted: list[bytes]) -> None:
    rows = batch(name, 24)
    assert found_in(rows) is None
    counted.clear()
    assert found_in(rows) is None
    assert not counted


@pytest.mark.parametrize("at", [0, 11, 23])
def test_one_bad_signature_in_a_batch_is_named(at: int) -> None:
    rows = batch("ecdsa-sha256", 24)
    assert found_in(rows) is None
    number, *parts, signature = rows[at]
    rows[at] = (number, *parts, signature[:-1] + bytes([signature[-1] ^ 1]))
    with pytest.raises(Refused) as caught:
        cades.verify(rows[at][5], rows[at][4])
    error = found_in(rows)
    assert told(error) == (caught.value.reason, caught.value.message, f"entry {at}")


def test_of_many_bad_ones_no_more_is_kept_than_is_told() -> None:
    """Each error holds its signature, which may be large."""
    rows = [(*row[:5], bytes(row[5][:-1])) for row in batch("ed25519", 24)]
    audit = SignatureAudit()
    audit.take(rows, plain_statements([row[4] for row in rows]))
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, FormatError) and one.where]
    assert [one.where for one in kept] == ["entry 0"]
    assert audit.finish() is kept[0]


def test_the_first_of_the_bad_is_named_whatever_its_form() -> None:
    rows = batch("ecdsa-sha256", 12) + batch("rsa-pkcs1-sha256", 12)
    rows = [(at, *row[1:]) for at, row in enumerate(rows)]
    assert found_in(rows) is None
    for at in (20, 15, 7, 9):
        rows[at] = (*rows[at][:5], rows[at - 1][5])
    error = found_in(rows)
    assert error is not None
    assert error.where == "entry 7"
    rows[7] = rows[9] = (*rows[7][:5], None)
    error = found_in(rows)
    assert error is not None
    assert error.where == "entry 15"


def test_large_signatures_do_not_wait_for_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = batch("ecdsa-sha256", 24)
    assert found_in(rows) is None
    audit = SignatureAudit()
    audit.take(rows, plain_statements([row[4] for row in rows]))
    assert audit._waiting
    monkeypatch.setattr(signature_audit, "MOST_HELD", sum(len(row[5]) for row in rows))
    audit.take(rows, plain_statements([row[4] for row in rows]))
    assert not audit._waiting
    assert audit.finish() is None
