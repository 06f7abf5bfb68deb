"""Verifier keys: the specification's example, a round trip, and keys that must be refused."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.verifier_key import KeyType, VerifierKey, key_id
from evidence_ledger.errors import FormatError, Refused, Undecided
from tests.small_log import make_key

EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
RAW = bytes.fromhex("e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4")
NAMES = st.text(
    st.characters(min_codepoint=0x21, exclude_characters="+", exclude_categories=["Z", "C"]),
    min_size=1,
    max_size=40,
)


def test_the_specifications_example() -> None:
    key = VerifierKey.parse(EXAMPLE)
    assert key == VerifierKey("example.com/foo", bytes.fromhex("530d903a"), 1, RAW)
    assert key.encode() == EXAMPLE


@given(NAMES, st.sampled_from([KeyType.ED25519, KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44]))
def test_what_is_written_is_read(name: str, key_type: KeyType) -> None:
    key = make_key(name, key_type).verifier
    assert VerifierKey.parse(key.encode()) == key


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        VerifierKey.parse(text)


def _vkey(name: str, key_type: int, key: bytes) -> str:
    digits = key_id(name, key_type, key).hex()
    return f"{name}+{digits}+{b64encode(bytes([key_type]) + key).decode()}"


def _ecdsa(
    curve: ec.EllipticCurve, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo
) -> bytes:
    public = ec.derive_private_key(77, curve).public_key()
    return public.public_bytes(Encoding.DER, form)


PRIME = 2**255 - 19
WEAK = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
COMPRESSED = bytes.fromhex(
    "3039301306072a8648ce3d020106082a8648ce3d030107032200"
) + ec.derive_private_key(77, ec.SECP256R1()).public_key().public_bytes(
    Encoding.X962, PublicFormat.CompressedPoint
)

HOSTILE = {
    "no plus signs": ("vkey.malformed", "example.com"),
    "no name": ("note.key-name-length", EXAMPLE.removeprefix("example.com/foo")),
    "a name with a space": ("note.key-name", "a b" + EXAMPLE.removeprefix("example.com/foo")),
    "a name with a no-break space": (
        "note.key-name",
        "a\N{NO-BREAK SPACE}b" + EXAMPLE.removeprefix("example.com/foo"),
    ),
    "an endless name": ("note.key-name-length", "a" * 1001 + "+530d903a+AekyeRrm"),
    "upper-case hexadecimal": ("vkey.malformed-id", EXAMPLE.replace("530d903a", "530D903A")),
    "the ID of another key": ("vkey.wrong-id", EXAMPLE.replace("530d903a", "530d903b")),
    "base64 without padding": ("base64.malformed", EXAMPLE + "x"),
    "a type without a key": ("vkey.empty", "a+00000000+AQ=="),
    "an Ed25519 key of 31 bytes": ("vkey.key-length", _vkey("a", 1, RAW[1:])),
    "an ML-DSA-44 key of 32 bytes": ("vkey.key-length", _vkey("a", 6, RAW)),
    "a trailing newline": ("base64.malformed", EXAMPLE + "\n"),
    "the neutral point": ("vkey.weak-key", _vkey("a", 1, (1).to_bytes(32, "little"))),
    "a point of order eight": ("vkey.weak-key", _vkey("a", 4, WEAK.to_bytes(32, "little"))),
    "a weak point with the sign bit": (
        "vkey.weak-key",
        _vkey("a", 1, (1 | 1 << 255).to_bytes(32, "little")),
    ),
    "a coordinate that is not reduced": (
        "vkey.weak-key",
        _vkey("a", 1, (PRIME + 3).to_bytes(32, "little")),
    ),
    "an ECDSA key that is not DER": ("vkey.malformed-key", _vkey("a", 2, b"\x30\x00")),
    "an ECDSA key with a compressed point": ("vkey.not-canonical", _vkey("a", 2, COMPRESSED)),
    "an ECDSA key on another curve": ("vkey.curve", _vkey("a", 2, _ecdsa(ec.SECP256K1()))),
    "an Ed25519 key passed off as ECDSA": (
        "vkey.curve",
        _vkey(
            "a",
            2,
            ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        ),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, text = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        VerifierKey.parse(text)
    assert refused.value.reason == code


def test_every_refused_point_is_one_that_anyone_can_sign_under() -> None:
    """With h * A the neutral point, R the neutral point and S = 0 is a valid signature."""
    forged = (1).to_bytes(32, "little") + bytes(32)
    for y in (0, 1, PRIME - 1, WEAK, PRIME - WEAK):
        point = ed25519.Ed25519PublicKey.from_public_bytes(y.to_bytes(32, "little"))
        assert any(_accepts(point, forged, b"%d" % n) for n in range(200)), hex(y)


def _accepts(point: ed25519.Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        point.verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_ecdsa_is_over_sha256_and_its_id_over_the_key_alone(curve: ec.EllipticCurve) -> None:
    key = VerifierKey.parse(_vkey("a", 2, _ecdsa(curve)))
    assert key.key_id == sha256(_ecdsa(curve)).digest()[:4]
    signature = ec.derive_private_key(77, curve).sign(b"text\n", ec.ECDSA(hashes.SHA256()))
    key.check(b"text\n", signature)
    with pytest.raises(Refused):
        key.check(b"text!\n", signature)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"x" * 9])
@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.ML_DSA_44])
def test_a_signature_of_no_sense_is_refused(key_type: KeyType, signature: bytes) -> None:
    with pytest.raises(Refused) as refused:
        make_key("a", key_type).verifier.check(b"text\n", signature)
    assert refused.value.reason == "note.bad-signature"


@pytest.mark.parametrize("key_type", [0x05, 0x07, 0xFF])
def test_an_unknown_type_is_read_and_can_not_be_decided(key_type: int) -> None:
    key = VerifierKey.parse(_vkey("a", key_type, bytes(32)))
    with pytest.raises(Undecided) as undecided:
        key.check(b"text\n", bytes(64))
    assert undecided.value.reason == "note.key-type"
