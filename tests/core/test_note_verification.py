"""Who signed a note: known keys must be right, unknown keys are ignored."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.note_verification import known_signatures, verify_note
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.errors import Refused, Undecided
from tests.core.test_note import GOOD
from tests.core.test_verifier_key import EXAMPLE
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key

SMALL = SmallLog([b"one", b"two"])
WITNESS = make_key("witness.example/1")
STRANGER = make_key("stranger.example/1")


def test_the_specifications_example() -> None:
    key = VerifierKey.parse(EXAMPLE)
    assert [one.key for one in verify_note(Note.parse(GOOD), [key])] == [key]
    with pytest.raises(Refused) as refused:
        verify_note(Note.parse(GOOD.replace(b"This", b"That")), [key])
    assert refused.value.reason == "note.bad-signature"


def test_the_specifications_example_is_right_for_openssl(tmp_path: Path) -> None:
    key = VerifierKey.parse(EXAMPLE)
    public = ed25519.Ed25519PublicKey.from_public_bytes(key.key)
    form = PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, form))
    (tmp_path / "message").write_bytes(Note.parse(GOOD).text)
    (tmp_path / "signature").write_bytes(b64decode(GOOD.split()[-1])[4:])
    words = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
    subprocess.run(words.split(), cwd=tmp_path, check=True, capture_output=True)


def test_all_known_keys_are_found_in_order_with_their_times() -> None:
    note = SMALL.note(STRANGER, WITNESS, signers=[LOG, LOG_ML_DSA])
    signed = verify_note(note, [WITNESS.verifier, LOG.verifier, LOG_ML_DSA.verifier])
    assert [one.key for one in signed] == [LOG.verifier, LOG_ML_DSA.verifier, WITNESS.verifier]
    assert [one.cosignature and one.cosignature.seconds for one in signed] == [
        None,
        1_700_000_000,
        1_700_000_000,
    ]


def test_no_known_key_decides_nothing() -> None:
    with pytest.raises(Undecided) as undecided:
        verify_note(SMALL.note(WITNESS), [STRANGER.verifier])
    assert undecided.value.reason == "note.no-known-key"
    assert known_signatures(SMALL.note(WITNESS), [STRANGER.verifier]) == ()


def test_a_wrong_signature_of_an_unknown_key_is_ignored() -> None:
    key = STRANGER.verifier
    line = SignatureLine(key.name, key.key_id, bytes(72))
    note = Note(SMALL.text, (line, *SMALL.note().signatures))
    assert [one.key for one in verify_note(note, [LOG.verifier])] == [LOG.verifier]


def test_a_wrong_signature_of_a_known_key_condemns_the_note() -> None:
    key = WITNESS.verifier
    line = SignatureLine(key.name, key.key_id, bytes(72))
    note = Note(SMALL.text, (*SMALL.note(WITNESS).signatures, line))
    with pytest.raises(Refused):
        verify_note(note, [LOG.verifier, key])


def test_the_same_name_or_the_same_id_alone_is_not_the_key() -> None:
    key = WITNESS.verifier
    other = STRANGER.verifier
    same_id = VerifierKey(other.name, key.key_id, other.type, other.key)
    same_name = VerifierKey(key.name, other.key_id, other.type, other.key)
    assert known_signatures(SMALL.note(WITNESS), [same_id, same_name]) == ()


def test_of_two_keys_with_one_name_and_id_the_one_that_signed_is_found() -> None:
    key, other = WITNESS.verifier, STRANGER.verifier
    collision = VerifierKey(key.name, key.key_id, other.type, other.key)
    signed = verify_note(SMALL.note(WITNESS), [collision, key])
    assert [one.key for one in signed] == [key]
    with pytest.raises(Refused):
        verify_note(SMALL.note(WITNESS), [collision])


def test_a_signature_is_not_one_of_another_type() -> None:
    """One private key under two types: what it signed as one is refused as the other."""
    plain, cosigner = make_key("a", KeyType.ED25519), make_key("a")
    same = type(cosigner)(cosigner.name, cosigner.type, plain.seed)
    payload = SMALL.note(signers=[plain]).signatures[0].signature
    line = SignatureLine("a", same.verifier.key_id, bytes(8) + payload)
    with pytest.raises(Refused):
        verify_note(Note(SMALL.text, (line,)), [same.verifier])
