"""Cosignatures: the two signed messages byte for byte, and what must be refused."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.cosignature import (
    Cosignature,
    cosignature_line,
    cosigned_message_ed25519,
    cosigned_message_mldsa,
    verify_cosignature,
)
from evidence_ledger.core.note import Note
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import FormatError, Refused
from tests.small_log import SmallLog, TestKey, make_key

TEXT = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
WITNESS = make_key("witness.example/1")
ML_DSA = make_key("witness.example/1", KeyType.ML_DSA_44)


def test_the_ed25519_message_is_that_of_the_specification() -> None:
    assert cosigned_message_ed25519(1679315147, TEXT) == b"cosignature/v1\ntime 1679315147\n" + TEXT


def test_the_ml_dsa_message_is_that_of_the_specification() -> None:
    message = cosigned_message_mldsa("w1", 1679315147, "log", 20852163, ROOT)
    assert message == (
        b"subtree/v1\n\0" + b"\x02w1" + (1679315147).to_bytes(8, "big") + b"\x03log"
        b"\0\0\0\0\0\0\0\0" + (20852163).to_bytes(8, "big") + ROOT
    )


def test_a_subtree_is_cosigned_without_a_time() -> None:
    message = cosigned_message_mldsa("w", 0, "l", 8, ROOT, start=4)
    assert message.endswith(b"\0" * 7 + b"\4" + b"\0" * 7 + b"\x08" + ROOT)
    with pytest.raises(FormatError):
        cosigned_message_mldsa("w", 1, "l", 8, ROOT, start=4)


@pytest.mark.parametrize("key", [WITNESS, ML_DSA])
@given(seconds=st.integers(0, 2**63 - 1))
def test_what_is_cosigned_is_verified(key: TestKey, seconds: int) -> None:
    payload = Note.parse(TEXT + b"\n" + key.line(TEXT, seconds)).signatures[0].signature
    assert verify_cosignature(key.verifier, TEXT, payload).seconds == seconds


@pytest.mark.parametrize("key", [WITNESS, ML_DSA])
def test_any_bit_of_a_cosignature_matters(key: TestKey) -> None:
    payload = Note.parse(TEXT + b"\n" + key.line(TEXT)).signatures[0].signature
    for at in range(len(payload)):
        changed = bytearray(payload)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Refused):
            verify_cosignature(key.verifier, TEXT, bytes(changed))


def test_an_ed25519_cosignature_is_one_for_openssl(tmp_path: Path) -> None:
    payload = Note.parse(TEXT + b"\n" + WITNESS.line(TEXT)).signatures[0].signature
    public = WITNESS.private.public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, form))
    (tmp_path / "signature").write_bytes(payload[8:])
    (tmp_path / "message").write_bytes(cosigned_message_ed25519(1_700_000_000, TEXT))
    words = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    subprocess.run(words.split(), cwd=tmp_path, check=True, capture_output=True)


def test_an_ml_dsa_cosignature_says_nothing_about_extension_lines() -> None:
    payload = Note.parse(TEXT + b"\n" + ML_DSA.line(TEXT)).signatures[0].signature
    verify_cosignature(ML_DSA.verifier, TEXT + b"extension\n", payload)
    other = Note.parse(TEXT + b"\n" + WITNESS.line(TEXT)).signatures[0].signature
    with pytest.raises(Refused):
        verify_cosignature(WITNESS.verifier, TEXT + b"extension\n", other)


def test_a_cosignature_of_one_log_is_refused_for_another() -> None:
    payload = Note.parse(TEXT + b"\n" + ML_DSA.line(TEXT)).signatures[0].signature
    with pytest.raises(Refused):
        verify_cosignature(ML_DSA.verifier, b"x" + TEXT, payload)


@pytest.mark.parametrize("size", [0, 8, 71, 73])
def test_a_cosignature_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(Refused) as refused:
        verify_cosignature(WITNESS.verifier, TEXT, bytes(size))
    assert refused.value.reason == "cosignature.malformed"


def test_a_time_past_63_bits_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        verify_cosignature(WITNESS.verifier, TEXT, b"\x80" + bytes(71))
    assert refused.value.reason == "cosignature.malformed"
    with pytest.raises(FormatError):
        cosignature_line(WITNESS.verifier, 2**63, bytes(64))


@pytest.mark.parametrize("name", ["", "x" * 256, "長" * 86])
def test_a_name_that_the_message_can_not_hold_is_refused(name: str) -> None:
    with pytest.raises(FormatError):
        cosigned_message_mldsa(name, 1, "log", 1, ROOT)


def test_the_time_of_a_cosignature() -> None:
    assert Cosignature(1679315147, b"").moment == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)
    assert Cosignature(0, b"").moment is None
    assert Cosignature(2**63 - 1, b"").moment is None


def test_an_ml_dsa_key_that_is_the_logs_own_signs_the_log_as_cosigner() -> None:
    log = SmallLog([b"one"])
    own = make_key("log.example/7", KeyType.ML_DSA_44)
    line = Note.parse(log.text + b"\n" + own.line(log.text)).signatures[0]
    assert (line.name, len(line.signature)) == ("log.example/7", 8 + 2420)
    verify_cosignature(own.verifier, log.text, line.signature)
