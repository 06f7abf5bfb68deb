"""The audit of a database: sound ones pass in any number of processes, changed ones never."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from evidence_ledger.adapters.sql import audit, create_store
from evidence_ledger.adapters.sql.audit import audit_chain
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.core.chain import Head, extend
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.entry import leaf_hash
from evidence_ledger.core.row_audit import AuditRow
from evidence_ledger.errors import EvidenceError, LedgerCorrupt, Refused, Undecided
from evidence_ledger.tree import edge_at
from tests.chain_factory import START, admission, fill
from tests.fence import take_down
from tests.signature_checks import Ignore

SIZE = 600


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "ledger.db"
    with closing(create_store(path)) as store:
        fill(store, SIZE, batch=100)
    return path


@pytest.fixture(scope="module")
def unfenced(sound: Path) -> Path:
    """The same without its triggers."""
    copy = sound.with_name("unfenced.db")
    shutil.copyfile(sound, copy)
    with closing(sqlite3.connect(copy)) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    return copy


@pytest.fixture
def path(unfenced: Path, tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copyfile(unfenced, tmp_path / "ledger.db"))


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        audit_chain(path, claims=True)
    return caught.value.reason


def test_a_sound_ledger(sound: Path) -> None:
    done: list[int] = []
    findings = audit_chain(sound, advance=done.append)
    assert (findings.edge.size, findings.erased, findings.unsound) == (SIZE, 0, None)
    assert sum(done) == SIZE


def test_an_empty_ledger(tmp_path: Path) -> None:
    create_store(tmp_path / "ledger.db").close()
    assert audit_chain(tmp_path / "ledger.db").edge.size == 0


def test_several_processes_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SIGNED_SPAN", 1024)
    path = tmp_path / "ledger.db"
    with closing(create_store(path)) as store:
        head = fill(store, 9_300, batch=5_000, claims=0)
        root = edge_at(store, head.size).root()
    for processes in (1, 2):
        findings = audit_chain(path, processes=processes, check=RefuseTwo)
        assert (findings.edge.size, findings.edge.root()) == (head.size, root)
        assert findings.unsound is not None
        assert (findings.unsound.reason, findings.unsound.where) == ("test.bad", "entry 6560")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER documents_refuse_update")
        connection.execute("UPDATE documents SET statement = x'00' WHERE entry = 8200")
        connection.commit()
    with pytest.raises(Refused, match="statement of entry 8200 was altered"):
        audit_chain(path, processes=2, check=RefuseTwo)


class RefuseTwo(Ignore):
    """A check for which an early signature can't be decided and a later one is bad."""

    def see(self, rows: Sequence[AuditRow]) -> None:
        for number, *_, signature in rows:
            if signature == b"signature 6560":
                self.found = Refused("test.bad", "It is bad.", where=f"entry {number}")
            if signature == b"signature 3":
                self.found = Undecided("test.weak", "It is weak.", where=f"entry {number}")


def test_a_check_that_keeps_what_it_saw_stays_in_this_process(sound: Path) -> None:
    seen: list[bytes] = []

    class Keep(Ignore):
        def see(self, rows: Sequence[AuditRow]) -> None:
            seen.extend(one[5] for one in rows)

    audit_chain(sound, processes=2, check=Keep)
    assert seen == [b"signature %d" % number for number in range(SIZE)]


def test_signatures_can_be_left_out(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE documents SET signature = x'00' WHERE entry = 3")
    assert refusal(path) == "audit.signature"
    assert audit_chain(path, signatures=False).edge.size == SIZE


def test_a_fingerprint_deeper_inside_a_claim_is_not_the_files(
    path: Path, raw: sqlite3.Connection
) -> None:
    data = raw.execute("SELECT data FROM claims WHERE entry = 5").fetchone()[0]
    nested = data.replace(b'"name":', b'"a":{"sm3":"%s"},"name":' % (b"0" * 64))
    raw.execute("UPDATE claims SET data = ? WHERE entry = 5", (nested,))
    assert audit_chain(path).edge.size == SIZE
    raw.execute("INSERT INTO fingerprints VALUES (?, 'sm3', 5, 0)", (bytes(32),))
    assert refusal(path) == "audit.false-fingerprint"


def test_erased_documents_are_counted(path: Path, raw: sqlite3.Connection) -> None:
    take_down(raw)
    raw.execute("UPDATE documents SET statement = NULL, signature = NULL WHERE entry IN (3, 4)")
    raw.execute("UPDATE documents SET signature = NULL WHERE entry = 500")
    findings = audit_chain(path)
    assert (findings.edge.size, findings.erased) == (SIZE, 3)


CHANGED = {
    bytes: (b"\x00", lambda old: bytes([old[0] ^ 1]) + old[1:], lambda old: old[:-1], b"", "x", 7),
    int: (lambda old: old + 1, lambda old: -old - 1, lambda old: old + 10**6, "x", b"x"),
    str: (lambda old: old + "0", lambda old: old[1:], "", b"x", 7),
}

# Columns of which a change is found by another step than this one's, or means nothing.
ELSEWHERE = {
    ("claims", "data"): "step 3 of the audit compares claims with the root that was signed",
    ("claims", "position"): "the same step: another order has another root",
    ("claims", "entry"): "the same step: one claim too many here, one too few there",
}
UNCHANGEABLE = {("head", "id"): "the database itself takes no other value than 1"}
SEAL_TABLES = {
    "seals",
    "seal_groups",
    "tokens",
    "cosignatures",
    "supplements",
    "seal_supplements",
    "direct_tokens",
    "renewals",
    "renewed_strands",
    "renewed_groups",
    "renewed_direct",
    "renewal_supplements",
    "renewal_tokens",
    "marks",
    # The step of the audit that is called Register compares these with the entries.
    "special_entries",
    "orders",
}
COLUMNS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if table.name not in SEAL_TABLES
]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[".".join(one) for one in COLUMNS])
def test_every_changed_column_is_found(
    unfenced: Path, tmp_path: Path, table: str, column: str
) -> None:
    keys = [one.name for one in metadata.tables[table].primary_key]
    with closing(sqlite3.connect(unfenced)) as raw:
        rows = raw.execute(f"SELECT {', '.join(keys)}, {column} FROM {table}").fetchall()  # noqa: S608  # names of our own schema
    tried = 0
    for number, (*key, old) in enumerate(rows[:: max(1, len(rows) // 2)]):
        for how in CHANGED[type(old)]:
            new = how(old) if callable(how) else how
            copy = Path(shutil.copyfile(unfenced, tmp_path / f"{number}-{tried}.db"))
            if change(copy, table, column, dict(zip(keys, key, strict=True)), new):
                tried += 1
                assert_found(copy, table, column, new)
    assert tried >= 1 or (table, column) in UNCHANGEABLE


def change(path: Path, table: str, column: str, key: dict[str, object], new: object) -> bool:
    """Set one column of one row; False where the database itself does not have it."""
    where = " AND ".join(f"{name} IS ?" for name in key)
    update = f"UPDATE {table} SET {column} = ? WHERE {where}"  # noqa: S608  # names of our own schema
    with closing(sqlite3.connect(path)) as raw:
        try:
            raw.execute(update, (new, *key.values()))
        except sqlite3.IntegrityError:
            return False
        raw.commit()
        return True


def assert_found(path: Path, table: str, column: str, new: object) -> None:
    try:
        audit_chain(path, claims=True)
    except (Refused, LedgerCorrupt):
        return
    assert (table, column) in ELSEWHERE, f"{table}.{column} = {new!r} was not noticed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM entries WHERE number = 300", "audit.entry-missing"),
        ("DELETE FROM entries WHERE number = 0", "audit.entry-missing"),
        ("DELETE FROM entries WHERE number >= 512", "audit.head-beyond"),
        ("DELETE FROM entries WHERE number = 599", "audit.head-beyond"),
        ("DELETE FROM entries", "audit.head-beyond"),
        ("INSERT INTO entries VALUES (600, x'00', x'00', x'00')", "audit.stray-row"),
        ("INSERT INTO entries VALUES (-1, x'00', x'00', x'00')", "audit.stray-row"),
        ("INSERT INTO documents VALUES (600, x'00', x'00')", "audit.stray-row"),
        ("INSERT INTO marks VALUES (600, x'00')", "audit.stray-row"),
        ("INSERT INTO claims VALUES (600, 0, x'00')", "audit.stray-row"),
        ("INSERT INTO tokens VALUES (5, 0, 'a', 0, x'00', x'00')", "audit.stray-row"),
        ("INSERT INTO fingerprints VALUES (x'00', 'sha256', 5, 0)", "audit.false-fingerprint"),
        ("INSERT INTO fingerprints VALUES (7, 'sha256', 5, 0)", "audit.false-fingerprint"),
        ("INSERT INTO fingerprints VALUES (x'00', 'sha256', 5, 9)", "audit.false-fingerprint"),
        ("DELETE FROM claims WHERE entry = 5", "audit.false-fingerprint"),
        ("DELETE FROM tiles WHERE number = 1", "audit.tile-missing"),
        ("INSERT INTO tiles VALUES (0, 2, x'00', x'00')", "audit.tile-count"),
        ("INSERT INTO tiles VALUES (1, 0, x'00', x'00')", "audit.tile-count"),
        ("UPDATE head SET size = 1 << 60", "audit.head-beyond"),
        ("UPDATE head SET size = 599", "audit.head"),
    ],
)
def test_rows_too_few_or_too_many(
    path: Path, raw: sqlite3.Connection, change: str, reason: str
) -> None:
    raw.execute(change)
    assert refusal(path) == reason


def test_a_database_without_its_end_is_refused_even_if_its_head_agrees(
    path: Path, raw: sqlite3.Connection
) -> None:
    raw.execute("DELETE FROM entries WHERE number = 599")
    raw.execute("UPDATE head SET size = 599")
    assert refusal(path) == "audit.head"


def test_a_head_that_agrees_with_a_shorter_chain_shows_in_the_rows_left_over(
    path: Path, raw: sqlite3.Connection
) -> None:
    last = raw.execute("SELECT leaf_hash FROM entries WHERE number = 598").fetchone()[0]
    raw.execute("UPDATE head SET size = 599, last = ?", (last,))
    assert refusal(path) in {"audit.head", "audit.stray-row"}


def test_an_entry_of_a_newer_version_is_not_judged(path: Path, raw: sqlite3.Connection) -> None:
    data = raw.execute("SELECT data FROM entries WHERE number = 7").fetchone()[0]
    newer = data.replace(b'"v":1', b'"v":2')
    leaf = leaf_hash(newer)
    raw.execute("UPDATE entries SET data = ?, leaf_hash = ? WHERE number = 7", (newer, leaf))
    with pytest.raises(Undecided) as caught:
        audit_chain(path)
    assert caught.value.reason == "audit.entry-newer"


def test_a_chain_made_anew_after_a_change_is_sound_in_itself(tmp_path: Path) -> None:
    """What only the checkpoints, their witnesses and their timestamps can show."""
    path = tmp_path / "ledger.db"
    with closing(create_store(path)) as store:
        store.append(Head(), extend(Head(), Edge(), [admission(9)], START))
    assert audit_chain(path).edge.size == 1


def test_the_first_wrong_entry_is_named(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE documents SET statement = x'00' WHERE entry IN (555, 333, 444)")
    with pytest.raises(EvidenceError) as caught:
        audit_chain(path)
    assert caught.value.where == "entry 333"
