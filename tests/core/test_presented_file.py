"""Files beside a certificate: matched by every digest and the size, or told why not."""

from __future__ import annotations

import pytest

from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.presented_file import PresentedFile, file_facts, match
from evidence_ledger.errors import FormatError, Refused, Undecided

A, B, C = (bytes([number]) * 32 for number in range(3))


def fact(name: str, digest: bytes, size: int | None = 1, sm3: bytes | None = None) -> FileFact:
    return FileFact(name.encode(), fingerprint(digest, size, sm3))


def fingerprint(digest: bytes, size: int | None = 1, sm3: bytes | None = None) -> Fingerprint:
    digests = {Algorithm.SHA256: digest} | ({Algorithm.SM3: sm3} if sm3 else {})
    return Fingerprint(digests, size)


def file(name: str, digest: bytes, size: int | None = 1, sm3: bytes | None = None) -> PresentedFile:
    return PresentedFile(name.encode(), fingerprint(digest, size, sm3))


FACTS = {0: fact("a", A, sm3=B), 1: fact("x/b", B), 2: fact("again", A, sm3=B)}


def test_a_file_matches_every_claim_that_holds_its_fingerprint() -> None:
    found = match(FACTS, [file("renamed", A, sm3=B), file("b", B)])
    assert [one.positions for one in found] == [(0, 2), (1,)]


def test_a_digest_that_only_one_side_has_is_not_compared() -> None:
    assert match(FACTS, [file("a", A)])[0].positions == (0, 2)
    assert match({0: fact("a", A)}, [file("a", A, sm3=C)])[0].positions == (0,)


def test_a_claimed_digest_alone_has_no_size() -> None:
    assert match({0: fact("a", A, size=None)}, [file("a", A, size=7)])[0].positions == (0,)


@pytest.mark.parametrize(
    "presented",
    [
        file("a", C),
        file("folder/b", C),
        file("a", A, size=2),
        file("a", A, sm3=C),
        file("a", C, sm3=B),
    ],
)
def test_a_namesake_with_another_fingerprint_is_altered(presented: PresentedFile) -> None:
    with pytest.raises(Refused) as caught:
        match(FACTS, [presented])
    assert caught.value.reason == "file.altered"


@pytest.mark.parametrize("facts", [{0: fact("a", A)}, {0: fact("a", A), 1: fact("b", B)}])
def test_a_digest_of_a_kind_that_no_claim_has_is_not_called_altered(
    facts: dict[int, FileFact],
) -> None:
    alone = PresentedFile(b"a", Fingerprint({Algorithm.SM3: C}, None))
    with pytest.raises(Undecided) as caught:
        match(facts, [alone])
    assert caught.value.reason == "file.other-digest"


def test_a_digest_is_altered_only_by_a_namesake_with_one_of_its_kind() -> None:
    alone = PresentedFile(b"b", Fingerprint({Algorithm.SM3: C}, None))
    with pytest.raises(Undecided) as caught:
        match(FACTS, [alone])
    assert caught.value.reason == "file.not-deposited"
    with pytest.raises(Refused):
        match(FACTS, [PresentedFile(b"a", alone.fingerprint)])


def test_a_stranger_is_undecided() -> None:
    with pytest.raises(Undecided) as caught:
        match(FACTS, [file("c", C)])
    assert caught.value.reason == "file.not-deposited"
    with pytest.raises(Undecided):
        match({}, [file("c", C)])


def test_the_digest_of_one_kind_is_not_taken_for_another() -> None:
    """The bytes of a claim's SM3 presented as a SHA-256."""
    with pytest.raises(Undecided):
        match(FACTS | {1: fact("x/b", C)}, [file("c", B)])


@pytest.mark.parametrize("path", ["file/1", "file/00", "file/0/0", "file/x"])
def test_a_file_claim_calls_itself_by_its_position(path: str) -> None:
    value = dict(fact("a", A).to_json())
    with pytest.raises(FormatError) as caught:
        file_facts([(0, Claim(path, bytes(32), value))])
    assert caught.value.reason == "claim.number"


@pytest.mark.parametrize("shown", [{0: FACTS[0]}, FACTS])
def test_a_file_whose_claim_may_be_hidden_is_not_called_altered(shown: dict[int, FileFact]) -> None:
    with pytest.raises(Undecided) as caught:
        match(shown, [file("another", C)], hidden=True)
    assert caught.value.reason == "file.not-shown"


def test_beside_hidden_claims_a_namesake_fails_and_may_be_a_hidden_one() -> None:
    with pytest.raises(Refused) as caught:
        match({0: FACTS[0]}, [file("a", C)], hidden=True)
    assert caught.value.reason == "file.altered"
    assert "or it is another one, whose claim may be hidden" in caught.value.message
    with pytest.raises(Refused) as caught:
        match({0: FACTS[0]}, [file("a", C)])
    assert "hidden" not in caught.value.message
