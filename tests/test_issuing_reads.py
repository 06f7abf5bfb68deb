"""A certificate takes a few groups of its seal's tree, and never all leaves."""

from __future__ import annotations

import pytest

from evidence_ledger import assembly
from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.core.record_groups import PLACES, split
from evidence_ledger.core.record_tree import RecordTree
from evidence_ledger.ports import Store
from evidence_ledger.sealing.sealed_tree import sealed_tree
from tests import sealed_ledger
from tests.sealed_ledger import SealedLedger


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
