"""The audit of claims and of the index by which their files are found."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.adapters.sql import audit, create_store
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import leaf_hash
from evidence_ledger.core.statement import Statement, TreePoint
from evidence_ledger.errors import Refused
from evidence_ledger.ports import Store
from tests.chain_factory import START, admission
from tests.fence import take_down
from tests.signature_checks import Ignore


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stated") / "ledger.db"
    with closing(create_store(path)) as store:
        fill_stated(store, 300)
    return path


LOSSES = [
    "DELETE FROM fingerprints WHERE entry = 5",
    "DELETE FROM fingerprints",
]
FALSE = [
    "INSERT INTO fingerprints VALUES (x'00', 'sha256', 5, 0)",
    "INSERT INTO fingerprints VALUES (7, 'sha256', 5, 0)",
    "INSERT INTO fingerprints VALUES ('text', 'sha256', 5, 0)",
    "INSERT INTO fingerprints VALUES (x'', 'sha256', 5, 0)",
    "INSERT INTO fingerprints VALUES (x'ff', 'sha256', 5, 'x')",
    "INSERT INTO fingerprints VALUES (x'00', 7, 5, 0)",
    "UPDATE fingerprints SET algorithm = 'sm3' WHERE entry = 5",
    "UPDATE fingerprints SET position = 1 WHERE entry = 5",
    "UPDATE fingerprints SET entry = 4 WHERE entry = 5",
    "UPDATE fingerprints SET entry = 9 - entry WHERE entry IN (4, 5)",
]


@pytest.mark.parametrize("change", LOSSES)
def test_a_lost_fingerprint_is_told(stated: Path, tmp_path: Path, change: str) -> None:
    assert not audit_chain(stated, claims=True).lost
    path = spoilt(stated, tmp_path, change)
    assert audit_chain(path, claims=True).lost
    assert not audit_chain(path).lost, "nobody asked"


@pytest.mark.parametrize("change", FALSE)
def test_a_false_fingerprint_is_refused(stated: Path, tmp_path: Path, change: str) -> None:
    path = spoilt(stated, tmp_path, change)
    with pytest.raises(Refused) as caught:
        audit_chain(path, claims=True)
    assert caught.value.reason == "audit.false-fingerprint"
    assert audit_chain(path).edge.size == 300, "nobody asked"


@pytest.mark.parametrize("entry", ["-5", "300", "1 << 60", "'x'", "x'00'"])
def test_a_fingerprint_of_no_entry_is_refused(stated: Path, tmp_path: Path, entry: str) -> None:
    change = f"INSERT INTO fingerprints VALUES (x'10', '', {entry}, 0)"  # noqa: S608  # our own
    path = spoilt(stated, tmp_path, change)
    for claims in (False, True):
        with pytest.raises(Refused) as caught:
            audit_chain(path, claims=claims)
        assert caught.value.reason == "audit.stray-row"


def spoilt(path: Path, folder: Path, change: str) -> Path:
    copy = Path(shutil.copyfile(path, folder / "spoilt.db"))
    with closing(sqlite3.connect(copy)) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(change)
        connection.commit()
    return copy


def test_sound_fingerprints_are_not_looked_up_one_by_one(
    stated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an audit of a million entries would read a million places of the disk."""
    monkeypatch.delattr(audit, "_check_fingerprints")
    assert audit_chain(stated, claims=True).claims.claims == 300


def test_several_processes_find_the_same_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SIGNED_SPAN", 1024)
    path = tmp_path / "ledger.db"
    with closing(create_store(path)) as store:
        fill_stated(store, 9_300)
    for processes in (1, 2):
        sound = audit_chain(path, processes=processes, check=Ignore, claims=True)
        assert (sound.claims.claims, sound.claims.unsound, sound.lost) == (9_300, None, False)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER claims_refuse_update")
        connection.execute("UPDATE claims SET data = x'00' WHERE entry = 8200")
        take_down(connection)
        connection.execute("DELETE FROM fingerprints WHERE entry = 8200")
        connection.commit()
    for processes in (1, 2):
        found = audit_chain(path, processes=processes, check=Ignore, claims=True).claims.unsound
        assert found is not None
        assert (found.reason, found.where) == ("audit.claims", "entry 8200")


def fill_stated(store: Store, count: int) -> None:
    """Append ``count`` deposits whose statements name their claims."""
    made = []
    for number in range(count):
        one = admission(number)
        root = leaf_hash(one.claims[0])
        point = TreePoint(1, root)
        data = Statement("deposit", "l", point, bytes(32), START, point, bytes(16)).encode()
        made.append(one._replace(statement=data))
    store.append(Head(), extend(Head(), Edge(), made, START))
