"""The Store port's contract for renewals."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.adapters.sql import create_store, open_store
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.renewal_history import LISTS, RenewalHistory
from evidence_ledger.core.renewed_objects import kept_of_renewed
from evidence_ledger.core.token_place import FilePlace, Place, SealPlace
from evidence_ledger.errors import HeadMoved, LedgerCorrupt
from evidence_ledger.ports import Store
from evidence_ledger.stored import (
    PlacedToken,
    RenewalKind,
    RenewedLeaf,
    RenewedStrand,
    SealObjects,
    StoredRenewal,
    StoredSeal,
    StoredSupplement,
    StoredToken,
    SupplementKind,
)
from tests.adapters.sql.test_store_contract import SEAL, TOKEN, again, makes, store
from tests.chain_factory import fill

__all__ = ["again", "makes", "store"]

BEGUN = datetime(2028, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
RENEWAL = StoredRenewal(0, RenewalKind.TIMESTAMP, "sha256", True, BEGUN, b"l" * 64)
TREE = StoredRenewal(1, RenewalKind.TREE, "sha512", False, BEGUN, b"m" * 64)
FIRST = RenewedStrand(SealPlace(0, 0), 1)
SECOND = RenewedStrand(SealPlace(0, 1), 0)
OBJECTS = RenewedStrand(SealPlace(0, 1), 0, (0, 2, 2**32 - 1), b"h" * 192)


def seal(store: Store, number: int, *authorities: str, entry: int | None = None) -> StoredSeal:
    """A seal with tokens, which has its entry unless ``entry`` is None."""
    tokens = tuple(replace(TOKEN, authority=name) for name in authorities)
    made = replace(SEAL, number=number, tokens=tokens)
    store.add_seal(made, SealObjects(b"l" * 32 * 8, (1, 3, 6)))
    if entry is not None:
        store.close_seal(number, entry)
    return made


def leaf(renewal: int, one: RenewedStrand) -> RenewedLeaf:
    return RenewedLeaf(renewal, one.place, one.leaf, len(one.hashes))


def newest(store: Store) -> dict[Place, int | None]:
    """The newest renewal of each token."""
    return {place: one.renewal for place, one in store.histories().items()}


def test_what_is_renewed_is_kept_in_groups(store: Store, again: Store) -> None:
    seal(store, 0, "a", "b")
    store.add_renewal(RENEWAL, [FIRST])
    store.add_renewal(TREE, [OBJECTS])
    expected = list(kept_of_renewed(OBJECTS.objects, OBJECTS.hashes, DIGESTS["sha512"]))
    assert list(again.renewed_groups(1, SealPlace(0, 1))) == expected
    assert again.renewed_group(1, SealPlace(0, 1), 0, 0) == OBJECTS.hashes
    missing = ((1, 0, 0, 0), (1, 1, 1, 0), (1, 1, 0, 1), (0, 0, 0, 0))
    for number, position, level, at in missing:
        assert again.renewed_group(number, SealPlace(0, position), level, at) is None
    assert list(again.renewed_groups(0, SealPlace(0, 0))) == []


def test_there_are_no_renewals_at_first(store: Store) -> None:
    assert store.renewal(-1) is store.renewal(0) is None
    assert list(store.placed_tokens()) == []
    assert list(store.strands(0)) == []
    assert store.renewals_of_seal(0) == []
    assert store.histories() == {}


def test_the_tokens_of_closed_seals_in_order(store: Store) -> None:
    fill(store, 5)
    seals = [seal(store, number, *"ab", entry=3) for number in range(300)]
    seal(store, 300, "open")
    expected = [
        PlacedToken(SealPlace(one.number, position), token)
        for one in seals
        for position, token in enumerate(one.tokens)
    ]
    assert list(store.placed_tokens()) == expected


def test_a_renewal_grows_and_is_closed(store: Store, again: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", "b", entry=3)
    store.add_renewal(RENEWAL, [SECOND, FIRST])
    assert again.renewal(0) == again.renewal(-1) == RENEWAL
    assert list(again.strands(0)) == [FIRST, SECOND]
    assert (again.renewals_of_seal(0), again.histories()) == ([], {})
    store.add_renewal_token(0, TOKEN)
    again.add_renewal_token(0, replace(TOKEN, authority="b", independent=True))
    store.close_renewal(0, 4, 2)
    closed = again.renewal(0)
    assert closed is not None
    assert (closed.entry, [one.authority for one in closed.tokens]) == (4, ["own clock", "b"])
    assert [one.independent for one in closed.tokens] == [False, True]
    assert again.renewals_of_seal(0) == [leaf(0, FIRST), leaf(0, SECOND)]
    assert newest(again) == {(0, 0): 0, (0, 1): 0}


def test_the_newest_of_several_renewals(store: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", "b", entry=3)
    for number, strands in ((0, [FIRST, SECOND]), (1, [OBJECTS]), (2, [FIRST])):
        store.add_renewal(replace(TREE if number == 1 else RENEWAL, number=number), strands)
        store.add_renewal_token(number, TOKEN)
        if number < 2:
            store.close_renewal(number, 4, 1)
    assert newest(store) == {(0, 0): 0, (0, 1): 1}
    assert store.renewals_of_seal(0) == [leaf(0, FIRST), leaf(0, SECOND), leaf(1, OBJECTS)]
    assert store.renewal(1) == replace(TREE, tokens=(TOKEN,), entry=4)


def test_many_strands_are_streamed_in_order(store: Store) -> None:
    fill(store, 5)
    for number in range(100):
        seal(store, number, "a", "b", entry=3)
    strands = [
        RenewedStrand(SealPlace(number, place), number) for number in range(100) for place in (0, 1)
    ]
    store.add_renewal(RENEWAL, reversed(strands))
    assert list(store.strands(0)) == strands


def test_a_renewals_number_is_taken_once(store: Store, again: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", "b", entry=3)
    store.add_renewal(RENEWAL, [FIRST])
    with pytest.raises(HeadMoved):
        again.add_renewal(replace(RENEWAL, leaves=b"x" * 32), [SECOND])
    assert store.renewal(0) == RENEWAL
    assert list(store.strands(0)) == [FIRST]


def test_the_first_token_of_an_authority_stays(store: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", entry=3)
    store.add_renewal(RENEWAL, [FIRST])
    store.add_renewal_token(0, TOKEN)
    store.add_renewal_token(0, replace(TOKEN, token=b"another"))
    assert store.renewal(0) == replace(RENEWAL, tokens=(TOKEN,))


def test_a_closed_renewal_takes_no_more(store: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", entry=3)
    store.add_renewal(RENEWAL, [FIRST])
    store.add_renewal_token(0, TOKEN)
    with pytest.raises(HeadMoved):
        store.close_renewal(0, 4, 2)
    store.close_renewal(0, 4, 1)
    store.close_renewal(0, 4, 1)
    with pytest.raises(HeadMoved):
        store.close_renewal(0, 3, 1)
    with pytest.raises(HeadMoved):
        store.add_renewal_token(0, replace(TOKEN, authority="late"))
    with pytest.raises(HeadMoved):
        store.add_renewal_token(7, TOKEN)
    assert store.renewal(0) == replace(RENEWAL, tokens=(TOKEN,), entry=4)


FENCED = [
    "UPDATE renewals SET leaves = x''",
    "UPDATE renewals SET entry = 2",
    "UPDATE renewals SET entry = NULL",
    "DELETE FROM renewals",
    "UPDATE renewed_strands SET leaf = 5",
    "DELETE FROM renewed_strands",
    "UPDATE renewal_tokens SET token = x''",
    "DELETE FROM renewal_tokens",
    "UPDATE renewed_direct SET leaf = 5",
    "DELETE FROM renewed_direct",
    "UPDATE renewal_supplements SET kind = 'chain'",
    "DELETE FROM renewal_supplements",
]
DAMAGES = [
    "UPDATE renewals SET kind = 'other'",
    "UPDATE renewals SET digest = 'md5'",
    "UPDATE renewals SET begun = 'today'",
    "UPDATE renewals SET leaves = 'text'",
    "UPDATE renewal_tokens SET position = 1",
    "UPDATE renewal_tokens SET independent = 2",
    "UPDATE renewal_tokens SET token = 'text'",
    "UPDATE renewed_strands SET objects = x'00'",
    "UPDATE renewed_strands SET hashes = 'text'",
    "UPDATE renewed_direct SET leaf = 'text'",
    "UPDATE renewed_direct SET authority = x'00'",
    "UPDATE renewal_supplements SET kind = 'other'",
    "UPDATE supplements SET data = x'00'",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one closed renewal."""
    path = tmp_path / "ledger.db"
    with closing(create_store(path)) as store:
        fill(store, 5)
        seal(store, 0, "a", entry=3)
        store.add_renewal(RENEWAL, [FIRST, RenewedStrand(FilePlace(0, 0, "a"), 0)])
        store.add_renewal_token(0, StoredToken("a", True, b"r", b"t"))
        list_ = StoredSupplement(SupplementKind.REVOCATION, b"list")
        store.add_renewal_supplements(0, [list_])
        store.close_renewal(0, 4, 1)
    return path


@pytest.mark.parametrize("change", FENCED)
def test_renewals_are_written_once(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as raw, pytest.raises(sqlite3.IntegrityError):
        raw.execute(change)


@pytest.mark.parametrize("change", DAMAGES)
def test_damage_is_told(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(change)
        raw.commit()
    with closing(open_store(path)) as store, pytest.raises(LedgerCorrupt):
        read_all(store)


def read_all(store: Store) -> None:
    store.renewal(0)
    list(store.strands(0))
    store.renewals_of_seal(0)
    store.renewals_of_files(0)
    store.histories()
    store.renewal_supplements(0)


def test_strands_of_files_come_after_those_of_seals(store: Store, again: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", entry=3)
    files = [RenewedStrand(FilePlace(1, 0, "a"), 1), RenewedStrand(FilePlace(1, 0, "b"), 0)]
    store.add_renewal(RENEWAL, [files[1], FIRST, files[0]])
    assert list(again.strands(0)) == [FIRST, *files]
    assert (again.renewals_of_files(1), again.histories()) == ([], {})
    store.add_renewal_token(0, TOKEN)
    store.close_renewal(0, 4, 1)
    assert again.renewals_of_files(1) == [leaf(0, files[0]), leaf(0, files[1])]
    assert again.renewals_of_files(0) == []
    assert newest(again) == {(0, 0): 0, (1, 0, "a"): 0, (1, 0, "b"): 0}


def test_a_history_counts_timestamps_chains_and_bytes(store: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", entry=3)
    file = RenewedStrand(FilePlace(1, 0, "a"), 1)
    for number, kept in enumerate([RENEWAL, RENEWAL, TREE, TREE, RENEWAL]):
        store.add_renewal(replace(kept, number=number), [FIRST, file] if number < 2 else [FIRST])
        store.add_renewal_token(number, replace(TOKEN, authority="a", token=b"t" * 1000))
        store.add_renewal_token(number, replace(TOKEN, authority="b", token=b"t" * 2000))
        store.close_renewal(number, 4, 2)
    assert store.histories() == {
        SealPlace(0, 0): RenewalHistory(4, 2, 3, 5 * 2000 + 6 * LISTS),
        FilePlace(1, 0, "a"): RenewalHistory(1, 3, 1, 2 * 2000 + 3 * LISTS),
    }


def test_what_is_beside_a_renewal_stays(store: Store, again: Store) -> None:
    fill(store, 5)
    seal(store, 0, "a", entry=3)
    store.add_renewal(RENEWAL, [FIRST])
    chain = StoredSupplement(SupplementKind.CHAIN, b"chain")
    revocation = StoredSupplement(SupplementKind.REVOCATION, b"list")
    store.add_supplements(0, [chain])
    store.add_renewal_supplements(0, [revocation, chain])
    store.add_renewal_supplements(0, [revocation])
    assert again.renewal_supplements(0) == [chain, revocation]
    assert again.supplements(0) == [chain]
    assert again.renewal_supplements(1) == []
