"""Hostile tokens: each is refused for its own reason, and no damage passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import oid
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from evidence_ledger.errors import FormatError, Refused, Undecided
from tests.asked import asked
from tests.token_check import DIGESTS, LATER, check, signer
from tests.token_factory import (
    AUTHORITY,
    CONTENT_TYPE,
    ESS_V2,
    MESSAGE_DIGEST,
    RIGHT,
    ROOT,
    Attributes,
    Recipe,
    binding_v1,
    binding_v2,
    response,
    token,
)
from tests.x509_factory import NOW, TIMESTAMPS, Holder, issue, key_of, usage


def without(name: str) -> Callable[[Attributes], Attributes]:
    return lambda attributes: {k: v for k, v in attributes.items() if k != name}


def with_value(name: str, value: bytes) -> Callable[[Attributes], Attributes]:
    return lambda attributes: {**attributes, name: value}


SHA1 = w.sequence(w.oid("1.3.14.3.2.26"), w.null())
MD5 = w.sequence(w.oid("1.2.840.113549.2.5"), w.null())
SM2 = w.sequence(w.oid("1.2.156.10197.1.501"))
IMPOSTOR = issue("Test authority", purposes=TIMESTAMPS)
CRITICAL = w.explicit(1, w.sequence(w.oid("1.2.3"), w.boolean(True), w.octet_string(b"")))
OTHER_ROOT = issue("Other root", authority=True)
TLS_ONLY = issue("Middle", ROOT, authority=True, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))
UNKNOWN_CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.9"), b"\x05\x00"), True)
HOSTILE: dict[str, tuple[Recipe, str]] = {
    "imprint of other data": (RIGHT.but(imprint=bytes(32)), "timestamp.imprint-mismatch"),
    "imprint too short": (RIGHT.but(imprint=bytes(31)), "timestamp.imprint-length"),
    "imprint by SHA-1": (RIGHT.but(imprint_algorithm=SHA1), "algorithm.weak-digest"),
    "imprint by MD5": (RIGHT.but(imprint_algorithm=MD5), "algorithm.weak-digest"),
    "wrong nonce": (RIGHT.but(nonce=8), "timestamp.nonce-mismatch"),
    "no nonce": (RIGHT.but(nonce=None), "timestamp.nonce-missing"),
    "wrong policy": (RIGHT.but(policy="1.2.3.5"), "timestamp.policy-mismatch"),
    "no signer": (RIGHT.but(signers=0), "cms.no-signer"),
    "two signers": (RIGHT.but(signers=2), "cms.several-signers"),
    "wrong content type": (RIGHT.but(content_type=oid.DATA), "timestamp.not-a-token"),
    "detached": (RIGHT.but(detached=True), "timestamp.not-a-token"),
    "newer TSTInfo": (RIGHT.but(version=2), "timestamp.newer"),
    "newer SignedData": (RIGHT.but(signed_version=6), "cms.newer"),
    "critical extension": (RIGHT.but(tail=CRITICAL), "timestamp.critical-extension"),
    "no signed attributes": (RIGHT.but(bare_signature=True), "cms.no-signing-certificate"),
    "content-type attribute missing": (
        RIGHT.but(attributes=without(CONTENT_TYPE)),
        "cms.missing-attribute",
    ),
    "content-type attribute wrong": (
        RIGHT.but(attributes=with_value(CONTENT_TYPE, w.oid(oid.DATA))),
        "cms.content-type",
    ),
    "message-digest missing": (
        RIGHT.but(attributes=without(MESSAGE_DIGEST)),
        "cms.missing-attribute",
    ),
    "message-digest wrong": (
        RIGHT.but(attributes=with_value(MESSAGE_DIGEST, w.octet_string(bytes(32)))),
        "cms.message-digest",
    ),
    "message-digest twice": (RIGHT.but(duplicate=MESSAGE_DIGEST), "cms.duplicate-attribute"),
    "ESSCertID missing": (RIGHT.but(attributes=without(ESS_V2)), "cms.no-signing-certificate"),
    "ESSCertID twice": (RIGHT.but(duplicate=ESS_V2), "cms.duplicate-attribute"),
    "ESSCertID of another": (
        RIGHT.but(binding=lambda _: binding_v2(ROOT.der)),
        "cms.wrong-signing-certificate",
    ),
    "ESSCertID version 1 of another": (
        RIGHT.but(binding=lambda _: binding_v1(ROOT.der)),
        "cms.wrong-signing-certificate",
    ),
    "ESSCertID empty": (
        RIGHT.but(binding=lambda _: (ESS_V2, w.sequence(w.sequence()))),
        "cms.empty-signing-certificate",
    ),
    "signature spoiled": (RIGHT.but(spoil_signature=True), "cms.signature"),
    "signature by another key": (
        RIGHT.but(signer=Holder(key_of("p256"), AUTHORITY.certificate)),
        "cms.signature",
    ),
    "signature algorithm of another key": (
        RIGHT.but(signature_algorithm=w.sequence(w.oid("1.3.101.112"))),
        "cms.key-mismatch",
    ),
    "signature by SM2": (RIGHT.but(signature_algorithm=SM2), "algorithm.unsupported"),
    "signature with SHA-1": (
        RIGHT.but(signature_algorithm=w.sequence(w.oid("1.2.840.10045.4.1"))),
        "algorithm.weak-digest",
    ),
    "message digest by SHA-1": (RIGHT.but(digest_algorithm=SHA1), "algorithm.weak-digest"),
    "no certificate at all": (RIGHT.but(shown=()), "timestamp.no-signer-certificate"),
    "another authority's certificate beside": (
        RIGHT.but(shown=(AUTHORITY.der, IMPOSTOR.der)),
        "timestamp.foreign-certificate",
    ),
    "self-signed impostor": (RIGHT.but(signer=IMPOSTOR), "chain.unknown-root"),
    "unknown root": (
        RIGHT.but(signer=issue("A", OTHER_ROOT, purposes=TIMESTAMPS)),
        "chain.unknown-root",
    ),
    "unknown root embedded": (
        RIGHT.but(
            signer=(stranger := issue("A", OTHER_ROOT, purposes=TIMESTAMPS)),
            shown=(stranger.der, OTHER_ROOT.der),
        ),
        "chain.unknown-root",
    ),
    "EKU missing": (RIGHT.but(signer=signer(purposes=())), "timestamp.eku-missing"),
    "EKU wrong": (
        RIGHT.but(signer=signer(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))),
        "timestamp.eku-wrong",
    ),
    "EKU any": (
        RIGHT.but(signer=signer(purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))),
        "timestamp.eku-wrong",
    ),
    "EKU not exclusive": (
        RIGHT.but(signer=signer(purposes=(*TIMESTAMPS, ExtendedKeyUsageOID.CODE_SIGNING))),
        "timestamp.eku-not-exclusive",
    ),
    "EKU not critical": (
        RIGHT.but(signer=signer(purposes_critical=False)),
        "timestamp.eku-not-critical",
    ),
    "signed by a CA": (RIGHT.but(signer=signer(authority=True)), "timestamp.signed-by-ca"),
    "key not for signatures": (
        RIGHT.but(signer=signer(key_usage=usage("key_agreement"))),
        "chain.not-for-signatures",
    ),
    "leaf with an unknown critical extension": (
        RIGHT.but(signer=signer(extra=[UNKNOWN_CRITICAL])),
        "chain.critical-extension",
    ),
    "expired at its own time": (RIGHT.but(signer=signer(end=NOW - timedelta(1))), "chain.expired"),
    "not yet valid at its own time": (
        RIGHT.but(signer=signer(start=NOW + timedelta(1))),
        "chain.not-yet-valid",
    ),
    "issuer that may not issue": (
        RIGHT.but(
            signer=(under := issue("A", AUTHORITY, purposes=TIMESTAMPS)),
            shown=(under.der, issue("No issuer", ROOT).der),
        ),
        "chain.unknown-root",
    ),
    "issuer for servers only": (
        RIGHT.but(
            signer=(below := issue("A", TLS_ONLY, purposes=TIMESTAMPS)),
            shown=(below.der, TLS_ONLY.der),
        ),
        "chain.issuer-purpose",
    ),
    "RSA key of 1024 bits": (
        RIGHT.but(signer=signer(key=key_of("rsa1024"))),
        "algorithm.weak-key",
    ),
    "in the future": (
        RIGHT.but(moment=LATER + timedelta(seconds=1)),
        "timestamp.in-the-future",
    ),
    "time without Z": (RIGHT.but(time=w.tlv(0x18, b"20261122120000")), "der.time"),
    "time with an offset": (RIGHT.but(time=w.tlv(0x18, b"20261122120000+0100")), "der.time"),
    "time that does not exist": (RIGHT.but(time=w.tlv(0x18, b"20260230120000Z")), "der.time"),
    "time as UTCTime": (RIGHT.but(time=w.tlv(0x17, b"261122120000Z")), "der.unexpected-tag"),
    "accuracy out of range": (
        RIGHT.but(accuracy=w.sequence(w.implicit(0, w.integer(1000)))),
        "timestamp.accuracy",
    ),
    "rejected with a token": (RIGHT.but(status=2), "timestamp.rejected"),
}


@pytest.mark.parametrize("defect", HOSTILE)
def test_a_hostile_token_is_refused_for_its_own_reason(defect: str) -> None:
    recipe, reason = HOSTILE[defect]
    assert check(response(recipe), nonce=7, policy_oid="1.2.3.4") == reason


def test_defects_outweigh_what_is_undecided() -> None:
    recipe = RIGHT.but(signer=IMPOSTOR, spoil_signature=True)
    assert check(token(recipe)) == "cms.signature"


def test_trailing_bytes_are_refused() -> None:
    assert check(token() + b"\0") == "der.trailing-bytes"
    assert check(response() + b"\0") == "der.trailing-bytes"


def test_a_rejection_says_why() -> None:
    rejection = w.sequence(
        w.sequence(
            w.integer(2),
            w.sequence(w.utf8_string("come back later")),
            w.bit_string(b"\x00\x02", 1),
        )
    )
    with pytest.raises(Refused, match="time is not available; come back later") as caught:
        check_token(rejection, *asked(DIGESTS, roots=[ROOT.der], at=LATER))
    assert caught.value.reason == "timestamp.rejected"


def test_a_granted_response_without_a_token_is_refused() -> None:
    assert check(w.sequence(w.sequence(w.integer(0)))) == "timestamp.no-token"


RIGHT_TOKEN = token()


@given(st.data())
def test_no_change_of_one_byte_passes_with_another_time(data: st.DataObject) -> None:
    right = RIGHT_TOKEN
    position = data.draw(st.integers(0, len(right) - 1))
    change = data.draw(st.integers(1, 255))
    changed = right[:position] + bytes((right[position] ^ change,)) + right[position + 1 :]
    try:
        found = check_token(changed, *asked(DIGESTS, roots=[ROOT.der], at=LATER))
    except (Refused, Undecided, FormatError):
        return
    assert (found.moment, found.digest, found.serial) == (NOW, DIGESTS["sha256"], 99)


@given(st.binary(max_size=200))
def test_junk_is_refused_with_an_error_of_ours(junk: bytes) -> None:
    assert (
        verify_timestamp(junk, *asked(DIGESTS, roots=[ROOT.der], at=LATER)).verdict
        is Verdict.FAILED
    )
