"""Plain file claims read at a glance: as parsed in full, whatever is changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import admission, claim, claim_form
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm, Fingerprint
from evidence_ledger.errors import FormatError

ALGORITHMS = [Algorithm.SHA512, Algorithm.SHA3_256, Algorithm.SM3]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
VALUES = st.one_of(TEXTS, st.integers(0, 2**53 - 1), st.dictionaries(TEXTS, TEXTS, max_size=2))


def digest(algorithm: Algorithm) -> bytes:
    return bytes(range(DIGEST_SIZE[algorithm]))


@st.composite
def facts(draw: st.DrawFn) -> FileFact:
    chosen = [Algorithm.SHA256, *draw(st.lists(st.sampled_from(ALGORITHMS), unique=True))]
    size = draw(st.one_of(st.none(), st.integers(0, 2**53 - 1)))
    return FileFact(
        draw(st.one_of(TEXTS.map(str.encode), st.binary(max_size=20))),
        Fingerprint({one: digest(one) for one in chosen}, size),
        draw(st.one_of(st.none(), TEXTS)),
        draw(st.one_of(st.none(), MOMENTS)),
        draw(st.booleans()),
    )


NUMBERS = st.integers(0, 2_000_000)
SALTS = st.binary(min_size=32, max_size=32)
FILES = st.builds(
    lambda number, salt, fact: Claim(f"file/{number}", salt, fact.to_json()).encode(),
    NUMBERS,
    SALTS,
    facts(),
)
OTHERS = st.builds(
    lambda path, salt, value: Claim(path, salt, value).encode(),
    st.sampled_from(["matter/case_number", "origin/source", "files/0", "file/a", "file/0/0"]),
    SALTS,
    VALUES,
)
PLAIN = Claim(
    "file/0",
    bytes(range(32)),
    FileFact(
        "租约.pdf".encode(),
        Fingerprint({one: digest(one) for one in Algorithm}, 48211),
        "application/pdf",
        datetime(2026, 11, 22, 10, tzinfo=UTC),
        digest_only=True,
    ).to_json(),
).encode()

Found = tuple[bytes | None, set[tuple[str, bytes]]] | str


def in_full(data: bytes) -> Found:
    try:
        parsed = claim.parse(data)
        if parsed.section != "file":
            return None, set()
        fact = claim.file_fact(parsed)
    except FormatError:
        return "refused"
    digests = {(one.value, value) for one, value in fact.fingerprint.digests.items()}
    return admission.record_leaf(parsed, fact), digests


def at_a_glance(data: bytes) -> Found:
    tried = [(one.value, digest(one)) for one in Algorithm]
    try:
        leaf = claim_form.seal_leaf(data)
        return leaf, {one for one in tried if claim_form.holds(data, *one)}
    except FormatError:
        return "refused"


def assert_alike(data: bytes) -> None:
    """The same leaf; of the digests that are tried, the same; of all, the same number."""
    full, glance = in_full(data), at_a_glance(data)
    plain = claim_form.plain_file(data)
    if isinstance(full, str) or isinstance(glance, str):
        assert full == glance
        assert plain is None
        return
    tried = {(one.value, digest(one)) for one in Algorithm}
    assert glance == (full[0], full[1] & tried)
    if plain is not None:
        assert claim.parse(data).path == f"file/{plain.number}"
        assert {(name, bytes.fromhex(value)) for name, value in plain.digests} == full[1]
    if (files := claim_form.plain_files([PLAIN, data])) is not None:
        assert plain is not None
        assert [column[1] for column in files] == [member or "" for member in plain]
    else:
        assert plain is None


@given(st.one_of(FILES, OTHERS))
def test_any_claim(data: bytes) -> None:
    assert_alike(data)


@given(st.one_of(FILES, OTHERS), st.data())
def test_any_damage_reads_alike(data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data)))
    stop = draw.draw(st.integers(start, min(start + 12, len(data))))
    put = draw.draw(
        st.one_of(
            st.text('0123456789abcdefAQgw{}[],:"\\-Z ', max_size=12).map(str.encode),
            st.binary(max_size=6),
        )
    )
    assert_alike(data[:start] + put + data[stop:])


def test_every_changed_byte_reads_alike() -> None:
    for place in range(len(PLAIN)):
        for byte in b'09afAEZz-_."\\+{}[] \x00\x1f\x7f\x80\xed\xff':
            assert_alike(PLAIN[:place] + bytes([byte]) + PLAIN[place + 1 :])


def test_a_plain_claim_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an audit of a million entries would take a minute instead of seconds."""
    full = in_full(PLAIN)
    monkeypatch.delattr(claim, "parse")
    assert at_a_glance(PLAIN) == full
    assert claim_form.plain_file(PLAIN) is not None


@pytest.mark.parametrize(
    "value",
    [
        b'{"name":"a","sha256":"%s","x":{"sm3":"%s"}}',
        b'{"name":"a","other":{"sm3":"%s"},"sha256":"%s"}',
        b'{"name":"\\"sm3\\":\\"%s","sha256":"%s"}',
    ],
)
def test_a_digest_deeper_inside_is_not_the_files(value: bytes) -> None:
    plain = digest(Algorithm.SHA256).hex().encode()
    data = b'{"path":"file/0","salt":"%s","value":%s}' % (b"A" * 43, value % (plain, plain))
    assert claim_form.holds(data, "sha256", digest(Algorithm.SHA256))
    assert not claim_form.holds(data, "sm3", digest(Algorithm.SM3))
    assert_alike(data)


@pytest.mark.parametrize("name", ["number", "salt", "digests", "size", "", "SHA256"])
def test_no_other_name_is_a_digests(name: str) -> None:
    assert not claim_form.holds(PLAIN, name, digest(Algorithm.SHA256))


def test_claims_are_read_together_or_not_at_all() -> None:
    assert claim_form.plain_files([]) == claim_form.PlainFiles()
    assert claim_form.plain_files([PLAIN, b"", PLAIN]) is None
    assert claim_form.plain_files([PLAIN + b"\n" + PLAIN]) is None
    assert claim_form.plain_files([PLAIN + b"\n" + PLAIN, b""]) is None
    assert claim_form.plain_files([PLAIN[:-1], b"}", PLAIN]) is None
    alone = claim_form.plain_files([PLAIN])
    assert alone is not None
    assert claim_form.plain_files([PLAIN, PLAIN]) == tuple(2 * column for column in alone)


def test_a_claim_that_is_too_large_is_refused() -> None:
    data = PLAIN.replace(b".pdf", b"x" * claim.LARGEST)
    assert claim_form.plain_file(data) is None
    assert claim_form.plain_files([data]) is None
    assert_alike(data)
