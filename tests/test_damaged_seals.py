"""A seal's row that was damaged is called so, by whoever needs what the seal is over."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger import assembly
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.renewing.records import Renewals
from evidence_ledger.renewing.tree_leaves import TreeLeaves
from tests import sealed_ledger
from tests.fence import take_down
from tests.mutation.damage import unfenced
from tests.sealed_ledger import SealedLedger

_FAR = struct.pack(">Q", 1 << 63)
DAMAGES: dict[str, tuple[str, Callable[[bytes], object]]] = {
    "no offsets": ("offsets", lambda _: b""),
    "offsets too many": ("offsets", lambda old: old + old),
    "an offset beyond the leaves": ("offsets", lambda _: _FAR),
    "an offset on the last leaf": ("offsets", lambda _: struct.pack(">Q", 3)),
    "an offset on the checkpoint": ("offsets", lambda _: bytes(8)),
    "offsets that are a number": ("offsets", lambda _: 5),
    "no leaves": ("leaves", lambda _: b""),
    "a leaf cut off": ("leaves", lambda old: old[:-1]),
    "leaves that are a text": ("leaves", lambda _: "x" * 128),
    "the checkpoint's leaf another": ("leaves", lambda old: bytes(32) + old[32:]),
    "the statement's leaf another": ("leaves", lambda old: old[:32] + bytes(32) + old[64:]),
    "the signature's leaf another": ("leaves", lambda old: old[:64] + bytes(32) + old[96:]),
    "entries before the first": ("first", lambda _: -5),
    "entries beyond the last": ("size", lambda _: 1 << 40),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[SealedLedger, bytes]:
    """A sealed deposit, and the bytes of its database, without fences."""
    ledger = sealed_ledger.make(tmp_path_factory.mktemp("sound"))
    sealed_ledger.deposit(ledger, {"a.txt": "a"})
    with unfenced(ledger.home.database):
        pass
    return ledger, ledger.home.database.read_bytes()


def _restore(database: Path, content: bytes) -> None:
    for side in database.parent.glob(f"{database.name}-*"):
        side.unlink()
    database.write_bytes(content)


def _damage(database: Path, content: bytes, name: str) -> None:
    _restore(database, content)
    column, change = DAMAGES[name]
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        (old,) = connection.execute(f"SELECT {column} FROM seals").fetchone()  # noqa: S608 a column's name
        connection.execute(f"UPDATE seals SET {column} = ?", [change(old)])  # noqa: S608 and here too


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_seal_is_the_ledgers_defect_and_no_mistake_of_the_user(
    sound: tuple[SealedLedger, bytes], name: str
) -> None:
    ledger, content = sound
    _damage(ledger.home.database, content, name)
    place = assembly.open_ledger(ledger.home)
    try:
        store = place.ledger.store
        with pytest.raises(LedgerCorrupt):
            TreeLeaves(store, DIGESTS["sha512"], Renewals(store)).of(0, [0])
    finally:
        place.close()
    report = sealed_ledger.audit(ledger)
    assert report.verdict is Verdict.FAILED
    assert "usage" not in [step.reason for step in report.steps]


GROUPS: dict[str, tuple[int, Callable[[bytes], object]]] = {
    "no places": (-1, lambda _: b""),
    "places that are a number": (-1, lambda _: 5),
    "half a place": (-1, lambda old: old[:-1]),
    "a place beyond the leaves": (-1, lambda _: _FAR),
    "a place on the last leaf": (-1, lambda _: struct.pack(">Q", 3)),
    "a place on the checkpoint": (-1, lambda _: bytes(8)),
    "no leaves": (0, lambda _: b""),
    "a leaf cut off": (0, lambda old: old[:-1]),
    "a leaf missing": (0, lambda old: old[:-32]),
    "leaves that are a text": (0, lambda _: "x" * 128),
    "the checkpoint's leaf another": (0, lambda old: bytes(32) + old[32:]),
    "the signature's leaf another": (0, lambda old: old[:64] + bytes(32) + old[96:]),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_damaged_group_is_the_ledgers_defect_and_gives_no_certificate(
    sound: tuple[SealedLedger, bytes], name: str
) -> None:
    ledger, content = sound
    _restore(ledger.home.database, content)
    level, change = GROUPS[name]
    with closing(sqlite3.connect(ledger.home.database, isolation_level=None)) as connection:
        where = f"WHERE level = {level}"
        (old,) = connection.execute(f"SELECT data FROM seal_groups {where}").fetchone()  # noqa: S608 a number
        connection.execute(f"UPDATE seal_groups SET data = ? {where}", [change(old)])  # noqa: S608 and here too
    place = assembly.open_ledger(ledger.home)
    try:
        with pytest.raises(LedgerCorrupt):
            place.issuer.issue(0)
    finally:
        place.close()
    report = sealed_ledger.audit(ledger)
    assert "audit.seal-tree" in [step.reason for step in report.steps]


def test_an_altered_neighbour_in_the_one_group_of_a_small_seal_gives_no_certificate(
    sound: tuple[SealedLedger, bytes],
) -> None:
    """The file's leaf, in a certificate that shows no file: the others meet it on their way."""
    ledger, content = sound
    _restore(ledger.home.database, content)
    with closing(sqlite3.connect(ledger.home.database, isolation_level=None)) as connection:
        change = "UPDATE seal_groups SET data = CAST(substr(data, 1, 96) || zeroblob(32) AS BLOB)"
        connection.execute(f"{change} WHERE level = 0")
    place = assembly.open_ledger(ledger.home)
    try:
        with pytest.raises(LedgerCorrupt, match="not the one that was timestamped"):
            place.issuer.issue(0, [])
    finally:
        place.close()


def test_a_token_over_another_root_gives_no_certificate(
    sound: tuple[SealedLedger, bytes], tmp_path: Path
) -> None:
    ledger, content = sound
    other = sealed_ledger.make(tmp_path)
    sealed_ledger.deposit(other, {"b.txt": "b"})
    _restore(ledger.home.database, content)
    with closing(sqlite3.connect(ledger.home.database, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS other", [str(other.home.database)])
        connection.execute("UPDATE tokens SET token = (SELECT token FROM other.tokens)")
    place = assembly.open_ledger(ledger.home)
    try:
        with pytest.raises(LedgerCorrupt, match="not the one that was timestamped"):
            place.issuer.issue(0)
    finally:
        place.close()


_ERASURE = "DELETE FROM fingerprints WHERE entry = 0; DELETE FROM claims WHERE entry = 0"


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ("", Verdict.INDETERMINATE, "audit.claims-gone"),
        (
            "UPDATE documents SET statement = NULL, signature = NULL WHERE entry = 0",
            Verdict.INDETERMINATE,
            "audit.claims-gone",
        ),
        ("UPDATE seals SET leaves = substr(leaves, 1, 96)", Verdict.FAILED, None),
        (
            "UPDATE seals SET leaves = CAST(leaves || zeroblob(16) || leaves AS BLOB)",
            Verdict.FAILED,
            "audit.corrupt",
        ),
    ],
    ids=["claims", "documents too", "and their leaves", "and other leaves"],
)
def test_claims_that_were_erased_after_they_were_sealed_are_no_defect(
    sound: tuple[SealedLedger, bytes], change: str, verdict: Verdict, reason: str | None
) -> None:
    ledger, content = sound
    _restore(ledger.home.database, content)
    with closing(sqlite3.connect(ledger.home.database, isolation_level=None)) as connection:
        take_down(connection)
        connection.executescript(f"{_ERASURE}; {change}")
    report = sealed_ledger.audit(ledger)
    seals = next(step for step in report.steps if step.number == "4")
    assert report.verdict is verdict
    assert reason is None or seals.reason == reason
