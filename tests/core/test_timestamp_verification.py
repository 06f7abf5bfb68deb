"""Tokens judged: right ones by every judge, hostile ones each for its own reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.report import Verdict, verdict_of
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided
from tests.asked import asked
from tests.token_factory import (
    AUTHORITY,
    CONTENT_TYPE,
    DATA,
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
from tests.x509_factory import NOW, TIMESTAMPS, YEAR, Holder, issue, key_of, name, usage

DIGESTS = {"sha256": hashlib.sha256(DATA).digest()}
LATER = NOW + timedelta(minutes=1)


def check(data: bytes, **changes: object) -> str:
    """The reason why a token is refused or undecided, or PASSED; both surfaces must agree."""
    arguments: dict[str, object] = {"roots": (ROOT.der,), "at": LATER, **changes}
    report = verify_timestamp(data, *asked(DIGESTS, **arguments))  # type: ignore[arg-type]  # by name
    verdict, reason, facts = raised(data, arguments)
    assert report.verdict is verdict
    if verdict is Verdict.PASSED:
        assert report.facts == facts
    else:
        assert reason in {step.reason for step in report.steps}
    return reason


def raised(data: bytes, arguments: dict[str, object]) -> tuple[Verdict, str, object]:
    try:
        found = check_token(data, *asked(DIGESTS, **arguments))  # type: ignore[arg-type]  # by name
    except EvidenceError as error:
        return verdict_of(error), error.reason, None
    return Verdict.PASSED, "PASSED", found.to_json()


def test_a_right_token_tells_what_it_proves() -> None:
    found = check_token(
        response(RIGHT.but(accuracy=w.sequence(w.integer(1)))),
        *asked(DIGESTS, roots=[ROOT.der], nonce=7, policy_oid="1.2.3.4", at=LATER),
    )
    assert found.moment == NOW
    assert found.accuracy == timedelta(seconds=1)
    assert (found.serial, found.policy, found.algorithm) == (99, "1.2.3.4", "sha256")
    assert found.digest == DIGESTS["sha256"]
    assert found.authority == "CN=Test authority"
    assert found.chain.root.raw == ROOT.der
    assert found.good_until == AUTHORITY.certificate.not_valid_after_utc
    assert check(found.token) == "PASSED"
    assert not found.own_clock


def signer(**changes: object) -> Holder:
    """An authority that is wrong in one way."""
    return issue("Test authority", ROOT, **({"purposes": TIMESTAMPS} | changes))  # type: ignore[arg-type]  # the knobs are checked by name


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
NESTED = issue("Middle", ROOT, authority=True)
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


BROKEN = issue(
    "Broken",
    ROOT,
    constraints=False,
    extra=[(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid.BASIC_CONSTRAINTS), b"x"), False)],
)

RIGHT_ONES: dict[str, Recipe] = {
    "ECDSA": RIGHT,
    "RSA": RIGHT.but(signer=signer(key=key_of("rsa2048"))),
    "Ed25519": RIGHT.but(signer=signer(key=key_of("ed25519"))),
    "P-521": RIGHT.but(signer=signer(key=key_of("p521"))),
    "ESSCertID version 1": RIGHT.but(binding=binding_v1),
    "key identifier": RIGHT.but(by_key_identifier=True),
    "SignedData version 1": RIGHT.but(signed_version=1),
    "attributes out of order": RIGHT.but(unsorted=True),
    "chain of three": RIGHT.but(
        signer=(third := issue("A", NESTED, purposes=TIMESTAMPS)), shown=(third.der, NESTED.der)
    ),
    "certificates unsorted, one unreadable": RIGHT.but(
        signer=third, shown=(w.sequence(w.null()), third.der, ROOT.der, NESTED.der)
    ),
    "certificates of other kinds beside": RIGHT.but(
        shown=(AUTHORITY.der, w.tlv(0xA1, b"x"), BROKEN.der)
    ),
    "granted with modifications": RIGHT.but(status=1),
    "a fraction of a second": RIGHT.but(moment=NOW + timedelta(microseconds=250_000)),
    "a fraction ending in zero": RIGHT.but(time=w.tlv(0x18, b"20261122120000.500Z")),
    "rsaEncryption as the signature algorithm": RIGHT.but(
        signer=signer(key=key_of("rsa2048")),
        signature_algorithm=w.sequence(w.oid(oid.RSA), w.null()),
    ),
    "a serial number of 160 bits": RIGHT.but(serial=(1 << 160) - 1),
    "in the future within its accuracy": RIGHT.but(
        moment=LATER + timedelta(seconds=1), accuracy=w.sequence(w.integer(1))
    ),
}


@pytest.mark.parametrize("kind", RIGHT_ONES)
def test_a_right_token_passes_as_response_and_bare(kind: str) -> None:
    recipe = RIGHT_ONES[kind]
    assert check(response(recipe), nonce=7, policy_oid="1.2.3.4") == "PASSED"
    assert check(token(recipe)) == "PASSED"


def test_a_token_by_rsassa_pss_passes() -> None:
    key = key_of("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    named = SCHEMES["rsa-pss-sha256"].identifier.encode()
    recipe = RIGHT.but(
        signer=signer(key=key),
        signature_algorithm=named,
        signs=lambda m: key.sign(m, scheme, hashes.SHA256()),
    )
    assert check(token(recipe)) == "PASSED"


def test_a_token_by_ml_dsa_passes() -> None:
    key = mldsa.MLDSA44PrivateKey.generate()
    builder = x509.CertificateBuilder(
        subject_name=name("Later"),
        issuer_name=ROOT.certificate.subject,
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=NOW - YEAR,
        not_valid_after=NOW + YEAR,
    ).add_extension(x509.ExtendedKeyUsage(TIMESTAMPS), critical=True)
    assert isinstance(ROOT.key, ec.EllipticCurvePrivateKey)
    recipe = RIGHT.but(
        signer=Holder(AUTHORITY.key, builder.sign(ROOT.key, hashes.SHA256())),
        signature_algorithm=w.sequence(w.oid(oid.ML_DSA_44)),
        signs=key.sign,
    )
    assert check(token(recipe)) == "PASSED"


def test_the_certificate_may_be_given_instead_of_embedded() -> None:
    bare = token(RIGHT.but(shown=()))
    assert check(bare, intermediates=[AUTHORITY.der]) == "PASSED"
    assert check(bare, roots=[AUTHORITY.der]) == "PASSED"


def test_an_expired_authority_is_undecided_unless_covered() -> None:
    end = AUTHORITY.certificate.not_valid_after_utc
    assert check(token(), at=end) == "PASSED"
    late = end + timedelta(seconds=1)
    assert check(token(), at=late) == "timestamp.certificate-expired"
    assert check(token(), at=late, covered_at=end) == "PASSED"
    assert check(token(), at=late, covered_at=late) == "timestamp.certificate-expired"


def test_the_wrong_digest_kind_is_undecided() -> None:
    with pytest.raises(Undecided, match="sha256 digest") as caught:
        check_token(token(), *asked({"sha512": bytes(64)}, roots=[ROOT.der], at=LATER))
    assert caught.value.reason == "timestamp.digest-missing"


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


def in_ber(node: der.Node) -> bytes:
    """The same in BER: indefinite lengths everywhere, and octet strings cut in two."""
    if node.tag == der.OCTET_STRING:
        middle = len(node.content) // 2
        halves = w.octet_string(node.content[:middle]) + w.octet_string(node.content[middle:])
        return b"\x24\x80" + halves + b"\0\0"
    if not node.tag & 0x20:
        return node.raw
    parts = node.elements("BER", node.tag)
    return bytes((node.tag, 0x80)) + b"".join(map(in_ber, parts)) + b"\0\0"


@pytest.mark.parametrize("kind", ["ECDSA", "key identifier", "chain of three"])
def test_a_token_in_ber_passes(kind: str) -> None:
    for whole in (token(RIGHT_ONES[kind]), response(RIGHT_ONES[kind])):
        cut = in_ber(der.parse(whole, "token"))
        assert cut != whole
        assert check(cut) == "PASSED"


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
