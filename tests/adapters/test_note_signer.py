"""Keys for checkpoints: their lines verify, their files are private, and others read them."""

from __future__ import annotations

import copy
import pickle
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.adapters.keys.note_signer import (
    SoftwareNoteSigner,
    generate_note_signer,
    open_note_signer,
    save_note_signer,
)
from evidence_ledger.core.cosignature import verify_cosignature
from evidence_ledger.core.note import Note
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import FormatError, KeyUnreadable, OutputExists, Refused, UsageError

NAME = "ledger.example/one"
TEXT = b"ledger.example/one\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
NOW = datetime(2026, 11, 22, 12, 0, 0, 900_000, tzinfo=UTC)
TYPES = [KeyType.ED25519, KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44]


@pytest.mark.parametrize("key_type", TYPES)
def test_a_line_verifies_under_the_verifier_key(key_type: KeyType) -> None:
    signer = generate_note_signer(NAME, key_type)
    key = VerifierKey.parse(signer.vkey)
    (line,) = Note.parse(TEXT + b"\n" + signer.sign(TEXT, NOW)).signatures
    assert (line.name, line.key_id) == (NAME, key.key_id)
    if key_type is KeyType.ED25519:
        key.check(TEXT, line.signature)
        with pytest.raises(Refused):
            key.check(TEXT + b"x\n", line.signature)
    else:
        found = verify_cosignature(key, TEXT, line.signature)
        assert found.moment == NOW.replace(microsecond=0)


@pytest.mark.parametrize("key_type", TYPES)
def test_a_key_is_kept_for_its_owner_only(key_type: KeyType, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    signer = generate_note_signer(NAME, key_type)
    save_note_signer(signer, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    opened = open_note_signer(path)
    assert opened.vkey == signer.vkey
    if key_type is not KeyType.ML_DSA_44:  # ML-DSA signs with fresh randomness
        assert opened.sign(TEXT, NOW) == signer.sign(TEXT, NOW)
    with pytest.raises(OutputExists):
        save_note_signer(signer, path)


def test_a_key_of_go_is_read(tmp_path: Path) -> None:
    """The key in the documentation of golang.org/x/mod/sumdb/note."""
    path = tmp_path / "go.key"
    path.write_text(
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n"
    )
    assert open_note_signer(path).vkey == (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    )


def test_no_text_form_holds_the_seed() -> None:
    signer = SoftwareNoteSigner(NAME, KeyType.ED25519, b"s" * 32)
    assert repr(signer) == f"SoftwareNoteSigner({signer.vkey!r})"
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(signer)


RIGHT = SoftwareNoteSigner(NAME, KeyType.ED25519, b"s" * 32).private_line()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "junk",
        RIGHT.removeprefix("PRIVATE+KEY+"),
        RIGHT.replace("one", "two"),
        RIGHT[:-4],
        RIGHT + "\n\n",
        RIGHT.rpartition("+")[0] + "+",
        RIGHT.rpartition("+")[0] + "+AAAA",
        RIGHT + "\udcff",
    ],
)
def test_what_is_no_key_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(KeyUnreadable) as caught:
        open_note_signer(path)
    assert "c3Nz" not in str(caught.value)


def test_wrong_use_is_refused() -> None:
    with pytest.raises(UsageError):
        SoftwareNoteSigner(NAME, KeyType.ED25519, b"short")
    with pytest.raises(UsageError):
        SoftwareNoteSigner(NAME, KeyType.ECDSA, bytes(32))
    with pytest.raises(FormatError):
        generate_note_signer("two words", KeyType.ED25519)
    with pytest.raises(FormatError):
        generate_note_signer(NAME, KeyType.ML_DSA_44).sign(b"no checkpoint\n", NOW)
