"""Right tokens of every kind pass, as responses and bare, in DER and BER."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import Undecided
from tests.asked import asked
from tests.token_check import DIGESTS, LATER, check, signer
from tests.token_factory import AUTHORITY, RIGHT, ROOT, Recipe, binding_v1, response, token
from tests.x509_factory import NOW, TIMESTAMPS, YEAR, Holder, issue, key_of, name


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


NESTED = issue("Middle", ROOT, authority=True)
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
