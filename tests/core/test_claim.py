"""Claims and the facts in them: one form, every other refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import claim
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import Claim, FileFact, checked_path, file_fact, order, parse
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm, Fingerprint, Hasher, parse_digest
from evidence_ledger.errors import FormatError, UsageError
from tests.core.test_canonical import TEXT, VALUES
from tests.golden import vectors

SALT = bytes(range(32))
SHA256 = bytes(range(32)).hex()


def raw(value: Json, path: str = "file/0", salt: bytes = SALT) -> bytes:
    text = base64.urlsafe_b64encode(salt).rstrip(b"=").decode()
    return rfc8785.dumps({"path": path, "salt": text, "value": value})


def test_the_golden_claim() -> None:
    assert vectors.CLAIM.encode() == vectors.read("claim.json")
    assert parse(vectors.read("claim.json")) == vectors.CLAIM
    assert file_fact(vectors.CLAIM) == vectors.FACT


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,31}/[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True),
    st.binary(min_size=32, max_size=32),
    VALUES,
)
def test_a_claim_has_one_encoding(path: str, salt: bytes, value: Json) -> None:
    one = Claim(path, salt, value)
    assert one.encode() == raw(value, path, salt)
    assert parse(one.encode()) == one


FACTS = st.builds(
    FileFact,
    name=st.one_of(st.binary(max_size=20), TEXT.map(str.encode)),
    fingerprint=st.builds(
        Fingerprint,
        st.fixed_dictionaries(
            {Algorithm.SHA256: st.binary(min_size=32, max_size=32)},
            optional={
                name: st.binary(min_size=size, max_size=size)
                for name, size in DIGEST_SIZE.items()
                if name is not Algorithm.SHA256
            },
        ),
        st.one_of(st.none(), st.integers(0, 2**53 - 1)),
    ),
    media_type=st.one_of(st.none(), st.just("text/plain")),
    modified=st.one_of(
        st.none(),
        st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  # the zone is added by the strategy
            lambda moment: moment.replace(microsecond=0)
        ),
    ),
    digest_only=st.booleans(),
)


@given(FACTS)
def test_a_fact_comes_back_from_its_claim(fact: FileFact) -> None:
    data = Claim("file/0", SALT, dict(fact.to_json())).encode()
    assert data == raw(dict(fact.to_json()))
    assert file_fact(parse(data)) == fact


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "claim.members"),
        (b'{"path":"a/b"}', "claim.members"),
        (raw(1).replace(b'"value":1', b'"value":1,"x":1'), "claim.members"),
        (raw(1) + b"\n", "json.not-canonical"),
        (raw(1, salt=bytes(31)), "claim.salt"),
        (raw(1, salt=bytes(33)), "claim.salt"),
        (raw(1).replace(b'"file/0"', b"0"), "claim.path"),
        (raw(1).replace(b"AAECAw", b"AAEC+w"), "base64.not-canonical"),
        (raw(1).replace(b'8"', b'9"'), "base64.not-canonical"),
        (raw("x" * 65536), "json.too-large"),
        (raw(1, "File/0"), "claim.path"),
        (raw(1, "file"), "claim.path"),
        (raw(1, "file/"), "claim.path"),
        (raw(1, "/0"), "claim.path"),
        (raw(1, "file/../x"), "claim.path"),
        (raw(1, "file/0\n"), "claim.path"),
        (raw(1, "a/b/c/d/e"), "claim.path"),
        (raw(1, "file/٠"), "claim.path"),
    ],
)
def test_every_other_claim_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "claim.file"),
        ({"name": "x"}, "claim.digest"),
        ({"name": "x", "sm3": SHA256}, "claim.digest"),
        ({"sha256": SHA256}, "claim.name"),
        ({"sha256": SHA256, "name": 1}, "claim.name"),
        ({"sha256": SHA256, "name": "x", "name_bytes": "eA"}, "claim.name"),
        ({"sha256": SHA256, "name_bytes": "e"}, "base64.malformed"),
        ({"sha256": SHA256.upper(), "name": "x"}, "hex.malformed"),
        ({"sha256": SHA256[2:], "name": "x"}, "hex.malformed"),
        ({"sha256": SHA256, "sha512": SHA256, "name": "x"}, "hex.malformed"),
        ({"sha256": SHA256, "name": "x", "size": -1}, "claim.size"),
        ({"sha256": SHA256, "name": "x", "size": True}, "claim.size"),
        ({"sha256": SHA256, "name": "x", "size": "1"}, "claim.size"),
        ({"sha256": SHA256, "name": "x", "media_type": 1}, "claim.media-type"),
        ({"sha256": SHA256, "name": "x", "modified": "yesterday"}, "time.malformed"),
        ({"sha256": SHA256, "name": "x", "digest_only": False}, "claim.digest-only"),
        ({"sha256": SHA256, "name": "x", "digest_only": 1}, "claim.digest-only"),
        ({"sha256": SHA256, "name": "x", "digest_only": None}, "claim.digest-only"),
    ],
)
def test_every_other_fact_is_refused(value: Json, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        file_fact(Claim("file/0", SALT, value))
    assert caught.value.reason == reason


def test_members_that_a_fact_does_not_know_are_left_alone() -> None:
    fact = file_fact(Claim("file/0", SALT, {"name": "x", "sha256": SHA256, "colour": "blue"}))
    assert fact.name == b"x"


def test_a_claim_above_the_limit_is_not_made() -> None:
    with pytest.raises(UsageError):
        Claim("matter/purpose", SALT, "x" * claim.LARGEST).encode()


def test_sections_have_their_order() -> None:
    paths = ["other/a", "origin/source", "file/0", "matter/case_number"]
    assert sorted(paths, key=order) == ["file/0", "matter/case_number", "origin/source", "other/a"]
    assert checked_path("origin/tool.version") == "origin/tool.version"


def test_a_digest_is_read_from_its_text() -> None:
    assert parse_digest(SHA256) == (Algorithm.SHA256, SALT)
    assert parse_digest(f" SM3:{SHA256.upper()} ") == (Algorithm.SM3, SALT)
    assert parse_digest(f"sha3-256:{SHA256}") == (Algorithm.SHA3_256, SALT)


@pytest.mark.parametrize("text", ["", "md5:00", "sha256:00", "sha512:" + SHA256, "::", "sha256:é"])
def test_other_digests_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_digest(text)


def test_all_digests_are_taken_in_one_pass() -> None:
    hasher = Hasher(Algorithm)
    hasher.update(b"ab")
    hasher.update(memoryview(b"c"))
    found = hasher.finish()
    assert found.size == 3
    assert found.sha256.hex().startswith("ba7816bf")
    assert found.digests[Algorithm.SM3].hex().startswith("66c7f0f4")
    assert found.digests[Algorithm.SHA512].hex().startswith("ddaf35a1")
    assert found.digests[Algorithm.SHA3_256].hex().startswith("3a985da7")
