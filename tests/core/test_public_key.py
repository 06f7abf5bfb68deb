"""Signature schemes by AlgorithmIdentifier, and the keys that may use them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, mldsa, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import oid
from evidence_ledger.core.algorithm import (
    DIGESTS,
    SCHEMES,
    WEAK_DIGESTS,
    AlgorithmIdentifier,
    Family,
    Scheme,
    digest_of,
    parse_identifier,
    scheme_of,
)
from evidence_ledger.core.public_key import parse_public_key
from evidence_ledger.errors import FormatError, Refused, Undecided
from tests.x509_factory import key_of

SHA256 = DIGESTS["sha256"]
Signing = (
    ed448.Ed448PrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)


def info(key: object) -> bytes:
    """The SubjectPublicKeyInfo of a private key."""
    public = key.public_key()  # type: ignore[attr-defined]  # every private key has it
    data: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data


def reason_of(identifier: AlgorithmIdentifier) -> str:
    with pytest.raises((Undecided, Refused, FormatError)) as caught:
        scheme_of(identifier, None, "test")
    return str(caught.value.reason)


@pytest.mark.parametrize("name", DIGESTS)
def test_digests_are_those_of_hashlib(name: str) -> None:
    digest = DIGESTS[name]
    assert digest.of(b"abc") == hashlib.new(name, b"abc").digest()
    assert len(digest.of(b"")) == digest.size
    assert digest_of(AlgorithmIdentifier(digest.oid), "test") == digest
    assert digest_of(AlgorithmIdentifier(digest.oid, w.null()), "test") == digest


@pytest.mark.parametrize("name", WEAK_DIGESTS)
def test_weak_digests_are_named_as_weak(name: str) -> None:
    with pytest.raises(Undecided, match=f"{name} is too weak") as caught:
        digest_of(AlgorithmIdentifier(WEAK_DIGESTS[name].oid), "test")
    assert caught.value.reason == "algorithm.weak-digest"


@pytest.mark.parametrize("name", SCHEMES)
def test_a_named_scheme_is_read_as_it_is_written(name: str) -> None:
    named = SCHEMES[name]
    written = parse_identifier(named.identifier.encode())
    assert scheme_of(written, named.digest, "test") == named.scheme
    assert named.scheme.name == name


def test_unknown_and_weak_schemes_have_their_own_reasons() -> None:
    assert reason_of(AlgorithmIdentifier("1.2.3")) == "algorithm.unsupported"
    assert reason_of(AlgorithmIdentifier(oid.SM2_WITH_SM3)) == "algorithm.unsupported"
    assert reason_of(AlgorithmIdentifier("1.2.840.113549.1.1.5")) == "algorithm.weak-digest"
    assert reason_of(AlgorithmIdentifier(oid.RSA, w.null())) == "algorithm.no-digest"
    assert reason_of(AlgorithmIdentifier(oid.ED25519, w.null())) == "algorithm.parameters"
    assert reason_of(AlgorithmIdentifier(oid.RSASSA_PSS)) == "algorithm.weak-digest"


def pss(digest: str, mask: str, salt: int, trailer: bytes = b"") -> AlgorithmIdentifier:
    inner = AlgorithmIdentifier(DIGESTS[digest].oid, w.null()).encode()
    other = AlgorithmIdentifier(DIGESTS[mask].oid, w.null()).encode()
    function = AlgorithmIdentifier(oid.MGF1, other).encode()
    parts = w.explicit(0, inner), w.explicit(1, function), w.explicit(2, w.integer(salt))
    return AlgorithmIdentifier(oid.RSASSA_PSS, w.sequence(*parts, trailer))


@pytest.mark.parametrize(("digest", "mask"), [("sha256", "sha256"), ("sha512", "sha256")])
def test_rsassa_pss_with_any_parameters(digest: str, mask: str) -> None:
    key = key_of("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    kinds = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
    signature = key.sign(b"m", padding.PSS(padding.MGF1(kinds[mask]), 20), kinds[digest])
    public = parse_public_key(info(key))
    assert public.verifies(scheme_of(pss(digest, mask, 20), None, "t"), signature, b"m")
    assert not public.verifies(scheme_of(pss(digest, mask, 21), None, "t"), signature, b"m")
    assert reason_of(pss(digest, mask, 20, w.explicit(3, w.integer(2)))) == "algorithm.unsupported"


def test_a_key_bound_to_rsassa_pss_does_nothing_else() -> None:
    key = key_of("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    bits = info(key)[-275:]
    bound = w.sequence(pss("sha256", "sha256", 32).encode(), bits)
    public = parse_public_key(bound)
    plain = key.sign(b"m", padding.PKCS1v15(), hashes.SHA256())
    assert parse_public_key(info(key)).verifies(Scheme(Family.RSA_PKCS1, SHA256), plain, b"m")
    assert not public.verifies(Scheme(Family.RSA_PKCS1, SHA256), plain, b"m")
    right = key.sign(b"m", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    assert public.verifies(Scheme(Family.RSA_PSS, SHA256, SHA256, 32), right, b"m")
    assert not public.allows(Scheme(Family.RSA_PSS, DIGESTS["sha512"], SHA256, 32))
    assert not public.allows(Scheme(Family.RSA_PSS, SHA256, SHA256, 20))


KEYS: dict[Family, Callable[[], Signing]] = {
    Family.ML_DSA_44: mldsa.MLDSA44PrivateKey.generate,
    Family.ML_DSA_65: mldsa.MLDSA65PrivateKey.generate,
    Family.ML_DSA_87: mldsa.MLDSA87PrivateKey.generate,
    Family.ED448: ed448.Ed448PrivateKey.generate,
}


@pytest.mark.parametrize("family", KEYS)
def test_schemes_that_hash_inside(family: Family) -> None:
    key = KEYS[family]()
    public = parse_public_key(info(key))
    signature = key.sign(b"m")
    assert public.verifies(Scheme(family), signature, b"m")
    assert not public.verifies(Scheme(family), signature, b"n")
    assert not public.verifies(Scheme(Family.ED25519), signature, b"m")


@pytest.mark.parametrize("curve", [ec.SECP521R1(), ec.BrainpoolP256R1(), ec.SECP256K1()])
def test_curves_of_256_bits_and_more(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    signature = key.sign(b"m", ec.ECDSA(hashes.SHA3_256()))
    scheme = scheme_of(AlgorithmIdentifier("2.16.840.1.101.3.4.3.10"), None, "test")
    assert parse_public_key(info(key)).verifies(scheme, signature, b"m")


def test_weak_and_foreign_keys_are_undecided() -> None:
    for key, reason in (
        (key_of("rsa1024"), "algorithm.weak-key"),
        (ec.generate_private_key(ec.SECP224R1()), "algorithm.weak-key"),
        (x25519.X25519PrivateKey.generate(), "algorithm.unsupported"),
    ):
        with pytest.raises(Undecided) as caught:
            parse_public_key(info(key))
        assert caught.value.reason == reason


def test_an_rsa_key_with_a_huge_exponent_is_not_computed_with() -> None:
    modulus = (1 << 2047) + 1
    for exponent, sound in (((1 << 32) - 1, True), ((1 << 32) + 1, False)):
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if sound:
            assert parse_public_key(spki).families
            continue
        with pytest.raises(Undecided) as caught:
            parse_public_key(spki)
        assert caught.value.reason == "algorithm.unsupported"


@given(st.binary(max_size=120))
def test_a_damaged_key_is_an_error_of_ours(damage: bytes) -> None:
    whole = info(key_of("p256"))
    with pytest.raises((FormatError, Undecided)):
        parse_public_key(whole[:30] + damage[:1] + b"\xfe" + damage)


@given(st.binary(max_size=100))
def test_junk_is_never_a_right_signature(junk: bytes) -> None:
    for kind, scheme in (
        ("p256", Scheme(Family.ECDSA, SHA256)),
        ("rsa2048", Scheme(Family.RSA_PKCS1, SHA256)),
        ("rsa2048", Scheme(Family.RSA_PSS, SHA256, SHA256, 32)),
        ("ed25519", Scheme(Family.ED25519)),
    ):
        assert not parse_public_key(info(key_of(kind))).verifies(scheme, junk, b"m")
