"""A certificate takes a few groups of its seal's tree, and never all leaves."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import Connection

from evidence_ledger import assembly
from evidence_ledger.adapters.sql.prepared import Prepared, Row
from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.core import evidence_record
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.record_groups import PLACES, GroupedTree, split
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.core.token_place import SealPlace
from evidence_ledger.ports import Store
from evidence_ledger.renewing.plan import Wish
from evidence_ledger.sealing.sealed_tree import sealed_tree
from tests import sealed_ledger
from tests.sealed_ledger import SealedLedger
from tests.workbench import Workbench, fact


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> SealedLedger:
    """A seal over 703 objects: three groups of leaves."""
    ledger = sealed_ledger.make(tmp_path_factory.mktemp("large"))
    sealed_ledger.deposit(ledger, {f"{number}.txt": str(number) for number in range(700)})
    return ledger


def test_a_certificate_reads_one_group_of_each_level(
    large: SealedLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, int]] = []
    kept = SqlStore.seal_group

    def group(store: SqlStore, number: int, level: int, at: int) -> bytes | None:
        read.append((level, at))
        return kept(store, number, level, at)

    def refuse(store: SqlStore, number: int) -> None:
        raise AssertionError((store, number))

    monkeypatch.setattr(SqlStore, "seal_group", group)
    monkeypatch.setattr(SqlStore, "seal_objects", refuse)
    place = assembly.open_ledger(large.home)
    try:
        issued = place.issuer.issue(0, [600])
    finally:
        place.close()
    assert set(issued.parts.file_records) == {600}
    assert sorted(read) == [(PLACES, 0), (0, 0), (0, 2), (1, 0)]


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A seal over 703 objects, all of them renewed with SHA-512 for two tokens."""
    bench = Workbench(tmp_path_factory.mktemp("renewed"))
    bench.deposit([_file(number) for number in range(700)])
    bench.ledger.seal()
    bench.clock.move(days=100)
    result = bench.renewer().renew(Wish(digest="sha512"))
    assert (result.strands, result.without) == (2, 0)
    return bench


def _file(number: int) -> FileFact:
    one = fact(f"{number}.txt", b"%d" % number)
    digests = {**one.fingerprint.digests, Algorithm.SHA512: hashlib.sha512(b"%d" % number).digest()}
    return FileFact(one.name, Fingerprint(digests, one.fingerprint.size), "text/plain")


def test_a_certificate_of_a_renewed_seal_reads_one_group_of_each_level(
    renewed: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, int, int]] = []
    kept = SqlStore.renewed_group

    def group(store: SqlStore, number: int, place: SealPlace, level: int, at: int) -> bytes | None:
        read.append((place.position, level, at))
        return kept(store, number, place, level, at)

    monkeypatch.setattr(SqlStore, "renewed_group", group)
    for name in ("seal_objects", "strands", "seal_groups", "renewed_groups"):
        monkeypatch.setattr(SqlStore, name, None)
    issued = renewed.issue(0, [600])
    own = [(PLACES, 0), (0, 0), (0, 2), (1, 0)]
    assert sorted(read) == [(position, *at) for position in (0, 1) for at in own]
    assert set(issued.file_records) == {600}
    for record in issued.file_records[600]:
        assert len(evidence_record.parse(record.record).chains) == 2


def test_rows_of_a_renewal_that_a_certificate_reads_do_not_grow_with_the_seal(
    renewed: Workbench,
) -> None:
    """Counted in the database's own answers: rows, and bytes in them."""
    rows: list[Row] = []
    counting = Prepared.rows

    def counted(self: Prepared, connection: Connection, **values: object) -> list[Row]:
        found = counting(self, connection, **values)
        rows.extend(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "rows", counted)
        renewed.issue(0, [])
    blobs = [one for row in rows for one in row if isinstance(one, bytes)]
    hashes = 64 * 703
    assert max(map(len, blobs)) < hashes
    assert len(rows) < 800, "700 claims, which the entry itself has, and little else"


def test_what_is_kept_of_a_renewal_gives_the_paths_of_the_whole_tree(renewed: Workbench) -> None:
    (strand, other) = renewed.store.strands(0)
    assert isinstance(strand.place, SealPlace)
    assert strand.objects == other.objects == tuple(range(703))
    leaves = split(strand.hashes, 64)
    groups = {one[:2]: one.data for one in renewed.store.renewed_groups(0, strand.place)}
    whole = RecordTree(leaves, DIGESTS["sha512"])
    kept = GroupedTree(703, lambda *at: groups.get(at), DIGESTS["sha512"])
    assert [kept.plain_path(at) for at in range(703)] == [whole.plain_path(at) for at in range(703)]


def test_what_is_kept_is_the_tree_over_all_leaves(large: SealedLedger) -> None:
    place = assembly.open_ledger(large.home)
    try:
        store: Store = place.ledger.store
        seal = store.seal(0)
        assert seal is not None
        kept, whole = sealed_tree(store, seal), RecordTree(split(store.seal_objects(0).leaves))
        assert kept.root == whole.root
        assert [kept.siblings(at) for at in range(703)] == [whole.siblings(at) for at in range(703)]
    finally:
        place.close()
