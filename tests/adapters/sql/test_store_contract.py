"""The Store port's contract, for every kind of store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from evidence_ledger.adapters.sql import create_store, open_store
from evidence_ledger.core.administration import Settings
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.record_groups import kept_of, split
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.special import SpecialEntry
from evidence_ledger.core.statement import Reference, Statement, TreePoint
from evidence_ledger.errors import HeadMoved, LedgerCorrupt, LedgerError, NoSuchEntry
from evidence_ledger.ports import Store
from evidence_ledger.sealing.sealed_tree import sealed_tree
from evidence_ledger.stored import Found, SealObjects, StoredSeal, StoredToken
from evidence_ledger.tree import edge_at, reader_of
from tests.chain_factory import START, admission, digest_of, extension, fill
from tests.fake_store import FakeRows, FakeStore

# Makes an empty store, and opens it once more as another process would.
Make = Callable[[], Store]


def fake(_: pytest.FixtureRequest) -> tuple[Make, Make]:
    rows = FakeRows()
    return (lambda: FakeStore(rows)), (lambda: FakeStore(rows))


def sqlite(request: pytest.FixtureRequest) -> tuple[Make, Make]:
    path = request.getfixturevalue("tmp_path") / "ledger.db"
    return (lambda: create_store(path)), (lambda: open_store(path))


def postgresql(request: pytest.FixtureRequest) -> tuple[Make, Make]:
    database = request.getfixturevalue("ledger_database")
    return (lambda: open_store(database)), (lambda: open_store(database))


FACTORIES = {"fake": fake, "sqlite": sqlite, "postgresql": postgresql}


@pytest.fixture(params=list(FACTORIES))
def makes(request: pytest.FixtureRequest) -> tuple[Make, Make]:
    return FACTORIES[request.param](request)


@pytest.fixture
def store(makes: tuple[Make, Make]) -> Iterator[Store]:
    with closing(makes[0]()) as made:
        yield made


def test_erasure_takes_what_an_entry_names_and_nothing_else(store: Store) -> None:
    fill(store, 3)
    head, point = store.head(), TreePoint(0, bytes(32))
    refs = (Reference(1, bytes(32)),)
    said = Statement("erasure", "l", point, bytes(32), START, point, bytes(16), refs).encode()
    made = [admission(700)._replace(kind="erasure", statement=said)]
    store.append(head, extend(head, edge_at(store, head.size), made, head.received or START))
    assert store.unfinished_erasures() == [3]
    with pytest.raises(LedgerError):
        store.erase([1, 2])
    assert store.entry(1).statement is not None
    before = list(store.claims(2))
    for _ in range(2):
        store.erase([1])
        assert (store.entry(1).statement, store.entry(1).signature) == (None, None)
        assert (list(store.claims(1)), list(store.claims(2))) == ([], before)
        assert store.find(digest_of(1), "sha256") == []
        assert store.unfinished_erasures() == []
    assert store.leaf_hashes(0, 4)[1] == store.entry(1).leaf_hash


@pytest.fixture
def again(store: Store, makes: tuple[Make, Make]) -> Iterator[Store]:
    """The same ledger through connections of its own."""
    assert store.head() == Head()
    with closing(makes[1]()) as opened:
        yield opened


SEAL = StoredSeal(
    number=0,
    first=0,
    size=3,
    root=b"r" * 32,
    checkpoint=b"checkpoint",
)
OBJECTS = SealObjects(b"l" * 32 * 8, (1, 3, 6))
TOKEN = StoredToken("own clock", False, b"response", b"token")


def test_a_new_ledger_is_empty(store: Store) -> None:
    assert store.head() == Head()
    assert list(store.entries(0, 10)) == []
    assert store.leaf_hashes(0, 10) == []
    assert store.tile(0, 0) is None
    assert list(store.tiles(0)) == []
    assert store.find(digest_of(0), "sha256") == []
    assert store.indexes_of([b"x" * 32]) == {}
    assert store.seal(-1) is store.seal(0) is store.seal_of(0) is None


def test_what_was_appended_is_there_for_everybody(store: Store, again: Store) -> None:
    step = extension(Head(), Edge(), 3)
    store.append(Head(), step)
    for one in (store, again):
        assert one.head() == step.head
        for entry, made in zip(one.entries(0, 3), step.entries, strict=True):
            assert (entry.index, entry.entry, entry.leaf_hash) == (
                made.index,
                made.entry,
                made.leaf_hash,
            )
            assert entry.statement == made.admission.statement
            assert entry.signature == made.admission.signature
            assert one.entry(entry.index) == entry
        assert one.leaf_hashes(0, 3) == [made.leaf_hash for made in step.entries]


@pytest.mark.parametrize("batch", [1, 100, 1000, 1500])
def test_batches_of_any_size_give_the_same_tree(store: Store, batch: int) -> None:
    head = fill(store, 1500 if batch > 1 else 300, batch=batch)
    edge = Edge()
    full = edge.push_many(store.leaf_hashes(0, head.size))
    assert list(store.tiles(0)) == [tile for tile in full if tile.level == 0]
    assert [store.tile(tile.level, tile.index) for tile in full] == full
    assert store.tile(0, len(full)) is None
    assert edge_at(store, head.size).root() == edge.root()


def test_tiles_of_the_second_level_are_kept(store: Store) -> None:
    head = fill(store, 65_536 + 300, batch=20_000, claims=0)
    tile = store.tile(1, 0)
    assert tile is not None
    assert list(store.tiles(1)) == [tile]
    assert tile.hashes == b"".join(one.root for one in store.tiles(0))[:8192]
    leaves = store.leaf_hashes(0, head.size)
    edge = Edge()
    edge.push_many(leaves)
    assert reader_of(store).root(head.size) == edge.root()


def test_ranges_stop_at_the_end(store: Store) -> None:
    fill(store, 600)
    assert [one.index for one in store.entries(598, 10_000)] == [598, 599]
    assert list(store.entries(600, 700)) == []
    assert list(store.entries(5, 5)) == list(store.entries(7, 3)) == []
    assert [one.index for one in store.entries(0, 600)] == list(range(600))
    assert len(store.leaf_hashes(590, 700)) == 10


@pytest.mark.parametrize("index", [-1, 3, 2**53, 2**60, 2**63 - 1, 2**63, 10**30])
def test_an_entry_that_is_not_there(store: Store, index: int) -> None:
    fill(store, 3)
    with pytest.raises(NoSuchEntry):
        store.entry(index)


def test_the_second_of_two_writers_is_refused_and_writes_nothing(
    store: Store, again: Store
) -> None:
    first = extend(Head(), Edge(), [admission(1)], START)
    second = extend(Head(), Edge(), [admission(2)], START)
    store.append(Head(), first)
    with pytest.raises(HeadMoved):
        again.append(Head(), second)
    assert again.head() == first.head
    assert again.find(digest_of(2), "sha256") == []
    assert again.indexes_of([second.entries[0].statement_hash]) == {}


def test_a_head_with_the_same_size_and_another_hash_is_refused(store: Store) -> None:
    head = fill(store, 1)
    forged = replace(head, last=b"f" * 32)
    with pytest.raises(HeadMoved):
        store.append(forged, extension(forged, edge_at(store, 1), 1))


def test_a_statement_is_accepted_once(store: Store) -> None:
    head = fill(store, 3)
    step = extend(head, edge_at(store, 3), [admission(9), admission(1)], START)
    with pytest.raises(HeadMoved):
        store.append(head, step)
    assert store.head() == head
    assert store.indexes_of([step.entries[0].statement_hash]) == {}


def test_a_statement_twice_in_one_append_is_refused(store: Store) -> None:
    step = extend(Head(), Edge(), [admission(9), admission(9)], START)
    with pytest.raises(HeadMoved):
        store.append(Head(), step)
    assert store.head() == Head()


def test_statements_are_found_by_their_hash(store: Store) -> None:
    fill(store, 1200)
    hashes = [hashlib.sha256(admission(n).statement).digest() for n in range(1300)]
    found = store.indexes_of(hashes)
    assert found == {digest: number for number, digest in enumerate(hashes[:1200])}


def test_special_entries_are_found_by_place_and_by_what_they_are_about(
    store: Store, again: Store
) -> None:
    point = TreePoint(0, bytes(32))
    plain = Statement("deposit", "l", point, bytes(32), START, point, bytes(16))
    act = replace(plain, kind="administration", administration=Settings(True))
    refs = (Reference(0, bytes(32)), Reference(2, bytes(32)))
    grant = replace(plain, kind="grant", refs=refs[:1], grant=Grant(bytes(32)))
    order = replace(plain, kind="order", refs=refs)
    made = [
        admission(number)._replace(kind=one.kind, statement=one.encode())
        for number, one in enumerate([plain, act, grant, order])
    ]
    store.append(Head(), extend(Head(), Edge(), made, START))
    special = [
        SpecialEntry(1, 0, "administration"),
        SpecialEntry(2, 0, "grant", 0),
        SpecialEntry(3, 0, "order", 0),
        SpecialEntry(3, 1, "order", 2),
    ]
    for one in (store, again):
        assert list(one.special_entries(0, 4)) == special
        assert list(one.special_entries(2, 3)) == special[1:2]
        assert list(one.special_about(0)) == special[1:3]
        assert list(one.special_about(3)) == []


def test_claims_come_in_order_however_many(store: Store) -> None:
    fill(store, 2, claims=5000)
    claims = list(store.claims(1))
    assert [position for position, _ in claims] == list(range(5000))
    assert [data for _, data in claims] == list(admission(1, claims=5000).claims)
    assert list(store.claims(2)) == []


def test_a_digest_is_found_wherever_it_is_oldest_first(store: Store) -> None:
    twice = admission(7)._replace(statement=b"another")
    step = extend(Head(), Edge(), [admission(6), admission(7, claims=3), twice], START)
    store.append(Head(), step)
    assert store.find(digest_of(7), "sha256") == [Found(1, 0), Found(2, 0)]
    assert store.find(digest_of(2_000_007), "sha256") == [Found(1, 2)]
    assert store.find(digest_of(7), "sm3") == []
    assert store.find(digest_of(99), "sha256") == []


def test_a_large_seal_is_kept_in_groups(store: Store, again: Store) -> None:
    """More than are read at once."""
    fill(store, 4)
    leaves = [number.to_bytes(32) for number in range(256 * 70 + 5)]
    objects = SealObjects(b"".join(leaves), (1, 3, 6))
    store.add_seal(SEAL, objects)
    assert list(again.seal_groups(0)) == list(kept_of(leaves, objects.offsets))
    assert again.seal_count(0) == len(leaves)
    assert sealed_tree(again, SEAL).plain_path(17_000) == RecordTree(leaves).plain_path(17_000)


def test_a_seal_grows_and_is_closed(store: Store, again: Store) -> None:
    fill(store, 4)
    store.add_seal(SEAL, OBJECTS)
    assert again.seal(0) == again.seal(-1) == SEAL
    assert again.seal_objects(0) == OBJECTS
    with pytest.raises(LedgerCorrupt):
        again.seal_objects(1)
    assert list(again.seal_groups(0)) == list(kept_of(split(OBJECTS.leaves), OBJECTS.offsets))
    assert again.seal_group(0, 0, 0) == OBJECTS.leaves
    assert (again.seal_group(0, 0, 1), again.seal_group(1, 0, 0)) == (None, None)
    assert (again.seal_count(0), again.seal_count(1)) == (8, 0)
    store.add_token(0, TOKEN)
    store.add_token(0, replace(TOKEN, authority="another", independent=True))
    store.close_seal(0, 3)
    sealed = again.seal(0)
    assert sealed is not None
    assert sealed.entry == 3
    assert [token.authority for token in sealed.tokens] == ["own clock", "another"]
    assert sealed.tokens[0] == TOKEN
    assert sealed.tokens[1].independent is True


def test_of_two_programs_that_ask_one_authority_the_first_token_stays(
    store: Store, again: Store
) -> None:
    """One that is cut off from the database while it asks loses its turn, and asks all the same."""
    store.add_seal(SEAL, OBJECTS)
    store.add_token(0, TOKEN)
    again.add_token(0, replace(TOKEN, token=b"another", response=b"another"))
    sealed = store.seal(0)
    assert sealed is not None
    assert sealed.tokens == (TOKEN,)


def test_a_seal_comes_with_the_tokens_it_has(store: Store) -> None:
    seal = replace(SEAL, tokens=(TOKEN, replace(TOKEN, authority="second")))
    store.add_seal(seal, OBJECTS)
    assert store.seal(0) == seal


def test_the_seal_in_which_an_entry_is_new(store: Store) -> None:
    fill(store, 8)
    second = replace(SEAL, number=1, first=3, size=7)
    store.add_seal(SEAL, OBJECTS)
    store.add_seal(second, OBJECTS)
    assert [store.seal_of(index) for index in (0, 2, 3, 6, 7)] == [SEAL, SEAL, second, second, None]
    assert store.seal(-1) == second


def test_a_seals_number_is_taken_once(store: Store, again: Store) -> None:
    store.add_seal(SEAL, OBJECTS)
    with pytest.raises(HeadMoved):
        again.add_seal(replace(SEAL, root=b"x" * 32), OBJECTS)
    assert store.seal(0) == SEAL


def test_closing_a_seal_twice_alike_is_harmless_and_otherwise_refused(store: Store) -> None:
    fill(store, 5)
    store.add_seal(SEAL, OBJECTS)
    store.close_seal(0, 3)
    store.close_seal(0, 3)
    with pytest.raises(LedgerError):
        store.close_seal(0, 4)
    with pytest.raises(LedgerError):
        store.close_seal(1, 4)
    sealed = store.seal(0)
    assert sealed is not None
    assert sealed.entry == 3


def test_a_token_of_no_seal_is_refused(store: Store) -> None:
    with pytest.raises(LedgerError):
        store.add_token(5, TOKEN)


def test_claims_of_a_range_come_in_order(store: Store) -> None:
    head, edge = Head(), Edge()
    sizes = [2, 0, 2_100, 1, 3]
    made = [admission(number, claims=size) for number, size in enumerate(sizes)]
    store.append(head, extend(head, edge, made, START))
    whole = [
        (number, position, data)
        for number, one in enumerate(made)
        for position, data in enumerate(one.claims)
    ]
    for start in range(len(sizes) + 1):
        for stop in range(len(sizes) + 2):
            expected = [row for row in whole if start <= row[0] < stop]
            assert list(store.claims_between(start, stop)) == expected
