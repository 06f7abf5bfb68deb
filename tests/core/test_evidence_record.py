"""Evidence records: those of other products, our own, and what must be refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import der, oid
from evidence_ledger.core import der_writer as w
from evidence_ledger.core import evidence_record as er
from evidence_ledger.core.record_coverage import CoveringToken, RecordedObject, covering_tokens
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.errors import (
    EvidenceError,
    FormatError,
    NewerFormat,
    Refused,
    Undecided,
    UsageError,
)

SHA256 = w.sequence(w.oid("2.16.840.1.101.3.4.2.1"))
WELL_FORMED = (
    "1_0_Initial.er",
    "1_1_Renew_Unsorted.er",
    "BIN-1_ER.ers",
    "er-asn1-full-renewal-two-ats-chain.ers",
    "er-asn1-simple-invalid.ers",
    "er-asn1-simple.ers",
    "er-asn1-tst-renewal-invalid.ers",
    "er-asn1-tst-renewal.ers",
)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def token_over(imprint: bytes, digest: bytes = SHA256) -> bytes:
    """The skeleton of a TimeStampToken, with nothing signed: records don't judge tokens."""
    info = w.sequence(
        w.integer(1), w.oid("1.2.3"), w.sequence(digest, w.octet_string(imprint)), w.integer(7)
    )
    content = w.sequence(w.oid(oid.TST_INFO), w.explicit(0, w.octet_string(info)))
    signed = w.sequence(w.integer(3), w.set_of([digest]), content, w.set_of([]))
    return w.sequence(w.oid(oid.SIGNED_DATA), w.explicit(0, signed))


def covering_token(record: er.EvidenceRecord, digest: bytes) -> CoveringToken:
    """The only token of a record, after all that hashes can prove."""
    (found,) = covering_tokens(record, [RecordedObject("object", {"sha256": digest})])
    return found


def record_der(*stamps: bytes, version: int = 1, before: bytes = b"", after: bytes = b"") -> bytes:
    chains = w.sequence(w.sequence(*stamps))
    return w.sequence(w.integer(version), w.sequence(SHA256), before, chains, after)


def stamp_der(*groups: bytes, token: bytes | None = None) -> bytes:
    tree = w.implicit(2, w.sequence(*groups)) if groups else b""
    return w.sequence(tree, token or token_over(bytes(32)))


def group(*hashes: bytes) -> bytes:
    return w.sequence(*map(w.octet_string, hashes))


@pytest.mark.parametrize("name", WELL_FORMED)
def test_foreign_records_are_read_whole(corpus: Path, name: str) -> None:
    data = (corpus / "rfc4998" / name).read_bytes()
    record = er.parse(data)
    chains = w.sequence(*(chain.raw for chain in record.chains))
    assert data.endswith(chains)
    assert record.first.raw in record.chains[0].raw


def test_a_set_instead_of_a_sequence_is_refused(corpus: Path) -> None:
    with pytest.raises(FormatError) as refusal:
        er.parse((corpus / "rfc4998" / "BIN-1_ER_malformed.ers").read_bytes())
    assert refusal.value.reason == "der.unexpected-tag"


INITIAL: dict[str, Callable[[Path], bytes]] = {
    "1_0_Initial.er": lambda _: b"123456",
    "1_1_Renew_Unsorted.er": lambda _: b"123456",
    "BIN-1_ER.ers": lambda folder: (folder / "BIN-1.bin").read_bytes(),
    "er-asn1-simple.ers": lambda _: b"1",
    "er-asn1-full-renewal-two-ats-chain.ers": lambda _: b"\x03",
}


@pytest.mark.parametrize("name", INITIAL)
def test_foreign_first_timestamps_are_over_the_computed_imprint(corpus: Path, name: str) -> None:
    folder = corpus / "rfc4998"
    first = er.parse((folder / name).read_bytes()).first
    digest = first.digest.of(INITIAL[name](folder))
    assert er.token_imprint(first.token) == (first.digest, first.root(digest))


@pytest.mark.parametrize("name", ["er-asn1-tst-renewal.ers", "er-asn1-tst-renewal-invalid.ers"])
def test_a_group_of_two_objects_is_hashed_together(corpus: Path, name: str) -> None:
    first = er.parse((corpus / "rfc4998" / name).read_bytes()).first
    assert first.lists is not None
    roots = {first.root(digest) for digest in first.lists[0]}
    assert roots == {er.token_imprint(first.token)[1]}


def test_a_foreign_record_over_another_object_is_refused(corpus: Path) -> None:
    record = er.parse((corpus / "rfc4998" / "er-asn1-simple-invalid.ers").read_bytes())
    with pytest.raises(Refused) as refusal:
        covering_token(record, sha256(b"1"))
    assert refusal.value.reason == "record.object-not-covered"


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20), st.data())
def test_our_records_survive_and_lead_to_the_imprint(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = RecordTree(leaves)
    token = token_over(tree.root)
    written = er.initial_record(tree.plain_path(index), token)
    record = er.parse(written)
    assert record.first.lists == tree.plain_path(index)
    found = covering_token(record, leaves[index])
    assert (found.digest, found.imprint, found.token) == ("sha256", tree.root, token)


def test_golden_record() -> None:
    written = er.initial_record(((bytes(32),), (b"\xff" * 32,)), w.sequence(w.integer(1)))
    assert written.hex() == (
        "3074020101300d300b0609608648016503040201"
        "3060305e305ca00b0609608648016503040201a248"
        "30220420" + "00" * 32 + "30220420" + "ff" * 32 + "3003020101"
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_our_record(tmp_path: Path) -> None:
    tree = RecordTree([sha256(bytes([number])) for number in range(3)])
    place = tmp_path / "record.ers"
    place.write_bytes(er.initial_record(tree.plain_path(0), token_over(tree.root)))
    shown = subprocess.run(
        ["openssl", "asn1parse", "-inform", "DER", "-in", place],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sha256(b"\x00").hex().upper() in shown
    assert "pkcs7-signedData" in shown


def test_a_single_hash_is_used_as_it_is_or_hashed_once_more() -> None:
    digest, salt = sha256(b"file"), bytes(32)
    plain = sha256(min(digest, salt) + max(digest, salt))
    again = sha256(b"".join(sorted((sha256(digest), salt))))
    for imprint in (plain, again):
        record = er.parse(er.initial_record(((digest,), (salt,)), token_over(imprint)))
        assert record.first.roots(digest) == (plain, again)
        assert covering_token(record, digest).imprint == imprint


def test_a_record_that_leads_elsewhere_is_refused() -> None:
    record = er.parse(er.initial_record(((sha256(b"file"),),), token_over(bytes(32))))
    with pytest.raises(Refused) as refusal:
        covering_token(record, sha256(b"file"))
    assert refusal.value.reason == "record.imprint"


def test_without_a_tree_the_object_is_the_imprint() -> None:
    record = er.parse(record_der(stamp_der(token=token_over(sha256(b"x")))))
    found = covering_token(record, sha256(b"x"))
    assert (found.digest, found.imprint) == ("sha256", sha256(b"x"))


def test_two_equal_hashes_are_joined_as_two() -> None:
    digest = sha256(b"twin")
    tree = RecordTree([digest, digest])
    assert tree.root == sha256(digest + digest)
    record = er.parse(er.initial_record(tree.plain_path(0), token_over(tree.root)))
    assert covering_token(record, digest).imprint == tree.root


HOSTILE = {
    "record.newer": record_der(stamp_der(), version=2),
    "record.version": record_der(stamp_der(), version=0),
    "record.no-timestamp": w.sequence(w.integer(1), w.sequence(SHA256), w.sequence()),
    "record.empty-chain": record_der(),
    "record.empty-tree": record_der(w.sequence(w.implicit(2, w.sequence()), token_over(bytes(32)))),
    "record.empty-list": record_der(stamp_der(w.sequence())),
    "record.short-hash": record_der(stamp_der(group(bytes(19)))),
    "record.null": w.sequence(
        w.integer(1),
        w.sequence(w.sequence(w.oid("1.2.3"), b"\x05\x01\x00")),
        w.sequence(w.sequence(stamp_der())),
    ),
    "der.unexpected-member": record_der(stamp_der(), after=w.null()),
    "der.trailing-bytes": record_der(stamp_der()) + b"\0",
    "der.truncated": record_der(stamp_der())[:-1],
    "der.missing": record_der(w.sequence()),
    "der.too-many": record_der(stamp_der(*[group(bytes(32))] * (er.MOST_LISTS + 1))),
    "der.too-large": w.octet_string(bytes(er.LARGEST)),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_malformed_records_are_refused(reason: str) -> None:
    with pytest.raises(FormatError) as refusal:
        er.parse(HOSTILE[reason])
    assert refusal.value.reason == reason
    assert isinstance(refusal.value, NewerFormat) == (reason == "record.newer")


def test_an_encrypted_object_is_not_judged() -> None:
    info = w.implicit(1, w.sequence(w.oid("1.2.3"), w.null()))
    with pytest.raises(Undecided) as refusal:
        covering_token(er.parse(record_der(stamp_der(), before=info)), bytes(32))
    assert refusal.value.reason == "record.encrypted"


def test_a_hash_of_another_size_is_refused() -> None:
    stamp = stamp_der(group(sha256(b"x")), group(bytes(20)))
    with pytest.raises(Refused) as refusal:
        er.parse(record_der(stamp)).first.root(sha256(b"x"))
    assert refusal.value.reason == "record.hash-size"


def test_an_unknown_digest_is_not_judged() -> None:
    unknown = w.sequence(w.oid("1.2.3.4"))
    stamp = stamp_der(group(bytes(32)), token=token_over(bytes(32), unknown))
    chains = w.sequence(w.sequence(stamp))
    record = er.parse(w.sequence(w.integer(1), w.sequence(unknown), chains))
    with pytest.raises(Undecided) as refusal:
        covering_token(record, bytes(32))
    assert refusal.value.reason == "record.digest-unknown"


def test_a_token_that_is_no_signed_data_is_refused() -> None:
    token = w.sequence(w.oid(oid.DATA), w.explicit(0, w.octet_string(b"x")))
    with pytest.raises(FormatError) as refusal:
        er.token_imprint(token)
    assert refusal.value.reason == "record.token"


@pytest.mark.parametrize("lists", [(), ((),), ((bytes(32),), ())])
def test_empty_lists_are_not_written(lists: tuple[tuple[bytes, ...], ...]) -> None:
    with pytest.raises(UsageError):
        er.initial_record(lists, token_over(bytes(32)))


@pytest.mark.parametrize("members", [(), (w.oid("1.2.3"),), (w.sequence(w.oid("1.2.3")),)])
def test_attributes_that_are_none_are_refused(members: tuple[bytes, ...]) -> None:
    attributes = w.set_of(members, der.context(1))
    stamp = w.sequence(attributes, token_over(bytes(32)))
    with pytest.raises(FormatError):
        er.parse(w.sequence(w.integer(1), w.sequence(SHA256), w.sequence(w.sequence(stamp))))


@given(st.data())
def test_a_damaged_record_never_breaks_the_reader(data: st.DataObject) -> None:
    tree = RecordTree([sha256(bytes([number])) for number in range(3)])
    written = bytearray(er.initial_record(tree.plain_path(0), token_over(tree.root)))
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    try:
        found = covering_token(er.parse(bytes(written)), sha256(b"\x00"))
    except EvidenceError:
        return
    assert (found.imprint, found.token) != (tree.root, token_over(tree.root))
