"""The body of add-checkpoint: one encoding, and what was wrong with any other."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.core.witness_request import LARGEST_REQUEST, MOST_HASHES, AddCheckpoint
from evidence_ledger.errors import FormatError
from tests.small_log import LOG, make_key
from tests.witness.bench import note_of, request, root

HASH = b64encode(bytes(32)).decode()
NOTE = note_of(Checkpoint(LOG.name, 5, root(5))).encode()
C2SP_EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOo\
RDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNql\
cVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()


def body(head: str, note: bytes = NOTE) -> bytes:
    return head.encode() + b"\n" + note


def test_the_example_of_the_specification() -> None:
    found = AddCheckpoint.parse(C2SP_EXAMPLE)
    assert (found.old_size, len(found.proof), found.checkpoint.size) == (20852014, 4, 20852163)
    assert found.checkpoint.origin == "example.com/behind-the-sofa"
    assert found.encode() == C2SP_EXAMPLE


@given(
    old=st.integers(0, 2**64 - 1),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=MOST_HASHES),
)
def test_what_is_written_is_read(old: int, proof: list[bytes]) -> None:
    note = Note.parse(NOTE)
    meant = AddCheckpoint(old, tuple(proof), note, Checkpoint.parse(note.text))
    assert AddCheckpoint.parse(meant.encode()) == meant


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_calmly(data: bytes) -> None:
    with pytest.raises(FormatError):
        AddCheckpoint.parse(data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_never_gives_another_encoding(at: int, value: int) -> None:
    data = bytearray(request(2, 5))
    data[at % len(data)] = value
    try:
        found = AddCheckpoint.parse(bytes(data))
    except FormatError:
        return
    assert found.encode() == bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty", b"", "witness-request.no-empty-line"),
        ("no empty line", b"old 5\n", "witness-request.no-empty-line"),
        ("no old size", body("new 5\n"), "witness-request.old-size"),
        ("old in capitals", body("OLD 5\n"), "witness-request.old-size"),
        ("old without a number", body("old \n"), "decimal.malformed"),
        ("two spaces", body("old  5\n"), "decimal.malformed"),
        ("leading zero", body("old 05\n"), "decimal.malformed"),
        ("sign", body("old +5\n"), "decimal.malformed"),
        ("negative", body("old -5\n"), "decimal.malformed"),
        ("space after", body("old 5 \n"), "decimal.malformed"),
        ("above 64 bits", body(f"old {2**64}\n"), "decimal.malformed"),
        ("arabic digits", body("old ٥\n"), "witness-request.not-ascii"),
        ("carriage return", body("old 5\r\n"), "decimal.malformed"),
        ("not base64", body("old 5\n*\n"), "base64.malformed"),
        ("base64url", body(f"old 5\n{'_' * 43}=\n"), "base64.malformed"),
        ("no padding", body(f"old 5\n{HASH.rstrip('=')}\n"), "base64.malformed"),
        ("stray bits", body(f"old 5\n{HASH[:-2]}B=\n"), "base64.not-canonical"),
        ("short hash", body("old 5\nAAAA\n"), "witness-request.hash-length"),
        (
            "64 hashes",
            body("old 5\n" + f"{HASH}\n" * 64),
            "witness-request.too-many-hashes",
        ),
        ("no note", body("old 5\n", b"x\n"), "note.no-blank-line"),
        ("note cut off", body("old 5\n", NOTE[:-1]), "note.unfinished"),
        (
            "control character",
            body("old 5\n", NOTE.replace(b"5", b"\0", 1)),
            "note.control-character",
        ),
        ("size malformed", body("old 5\n", NOTE.replace(b"\n5\n", b"\n05\n")), "decimal.malformed"),
        ("two empty lines", body("old 5\n\n"), "checkpoint.empty-line"),
        ("too large", body("old 5\n") + bytes(LARGEST_REQUEST), "witness-request.too-large"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else None,
)
def test_malformed(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        AddCheckpoint.parse(data)
    assert caught.value.reason == reason, name


def test_63_hashes_and_16_signatures_of_ml_dsa_44_fit_in() -> None:
    """Signed-note v1.0.0: at least 16 signatures must be accepted."""
    signers = [
        make_key(f"long-name-of-a-witness-{n}.example", KeyType.ML_DSA_44) for n in range(15)
    ]
    checkpoint = Checkpoint(LOG.name, 5, root(5))
    note = note_of(checkpoint, [LOG, *signers])
    meant = AddCheckpoint(2**63, (bytes(32),) * 63, note, checkpoint)
    assert len(AddCheckpoint.parse(meant.encode()).note.signatures) == 16
