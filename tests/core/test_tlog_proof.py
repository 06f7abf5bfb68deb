"""tlog-proof files: the one form, and everything else refused."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.tlog_proof import LARGEST_PROOF, TlogProof
from evidence_ledger.errors import FormatError, NewerFormat

PROOFS = st.builds(
    TlogProof,
    st.integers(0, 2**64 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=64).map(tuple),
    st.binary(min_size=1, max_size=60),
    st.none() | st.binary(min_size=1, max_size=60),
)
HASH = b64encode(bytes(32))
GOOD = b"c2sp.org/tlog-proof@v1\nextra AAEC\nindex 7\n" + HASH + b"\n\ncheckpoint\n"


def test_a_known_proof() -> None:
    assert TlogProof.parse(GOOD) == TlogProof(7, (bytes(32),), b"checkpoint\n", b"\0\1\2")


def test_a_production_proof_is_read_and_written_byte_for_byte(corpus: Path) -> None:
    data = (corpus / "tlog-proof" / "proof_7271.tlog-proof").read_bytes()
    proof = TlogProof.parse(data)
    assert (proof.index, len(proof.hashes), proof.extra) == (7271, 11, None)
    assert proof.encode() == data


@given(PROOFS)
def test_what_is_written_is_read(proof: TlogProof) -> None:
    assert TlogProof.parse(proof.encode()) == proof


@given(PROOFS, st.data())
def test_what_is_read_has_no_other_form(proof: TlogProof, data: st.DataObject) -> None:
    changed = bytearray(proof.encode())
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = data.draw(st.integers(0, 255))
    try:
        found = TlogProof.parse(bytes(changed))
    except FormatError:
        return
    assert found.encode() == bytes(changed)


HOSTILE = {
    "nothing": ("tlog-proof.first-line", b""),
    "another first line": ("tlog-proof.first-line", GOOD.replace(b"c2sp", b"C2SP")),
    "a byte-order mark": ("tlog-proof.not-ascii", b"\xef\xbb\xbf" + GOOD),
    "carriage returns": ("tlog-proof.first-line", GOOD.replace(b"\n", b"\r\n", 1)),
    "no index": ("tlog-proof.no-index", GOOD.replace(b"index 7\n", b"")),
    "an index with a leading zero": ("decimal.malformed", GOOD.replace(b"x 7", b"x 07")),
    "a negative index": ("decimal.malformed", GOOD.replace(b"x 7", b"x -7")),
    "an index above 64 bits": ("decimal.malformed", GOOD.replace(b"7", b"18446744073709551616")),
    "an empty extra line": ("tlog-proof.extra", GOOD.replace(b"AAEC", b"")),
    "an extra line without its space": ("tlog-proof.extra", GOOD.replace(b"extra AAEC", b"extra")),
    "two extra lines": ("tlog-proof.no-index", GOOD.replace(b"AAEC\n", b"AAEC\nextra AAEC\n")),
    "an extra line after the index": (
        "base64.malformed",
        GOOD.replace(b"index 7\n", b"index 7\nextra AAEC\n"),
    ),
    "a hash of 31 bytes": ("tlog-proof.hash-length", GOOD.replace(HASH, b64encode(bytes(31)))),
    "a hash with unused bits set": ("base64.not-canonical", GOOD.replace(b"A=\n", b"B=\n")),
    "sixty-five hashes": (
        "tlog-proof.too-many-hashes",
        GOOD.replace(HASH, b"\n".join([HASH] * 65)),
    ),
    "no checkpoint": ("tlog-proof.no-checkpoint", GOOD.removesuffix(b"checkpoint\n")),
    "no blank line": ("tlog-proof.no-checkpoint", GOOD.replace(b"\n\n", b"\n")),
    "an endless file": ("tlog-proof.too-large", GOOD + bytes(LARGEST_PROOF)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, data = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        TlogProof.parse(data)
    assert refused.value.reason == code


def test_a_later_version_is_newer_than_this_verifier() -> None:
    with pytest.raises(NewerFormat):
        TlogProof.parse(GOOD.replace(b"@v1", b"@v2"))
