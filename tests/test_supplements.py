"""What is kept beside seals, and what becomes of it in certificates and audits."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from evidence_ledger.adapters.database import SqliteFile
from evidence_ledger.adapters.sql import open_store, revision
from evidence_ledger.adapters.sql.engine import engine_of, writing
from evidence_ledger.adapters.sql.head_row import HeadRow
from evidence_ledger.core.report import Verdict
from evidence_ledger.ledger import Ledger
from evidence_ledger.stored import StoredSupplement, SupplementKind
from tests.mutation.damage import unfenced
from tests.revocation_factory import crl
from tests.workbench import CA, DEPOSITOR, Workbench, found, written
from tests.x509_factory import issue

CHAIN, REVOCATION = SupplementKind.CHAIN, SupplementKind.REVOCATION
LIST = crl(CA)


class Fetching:
    """A RevocationSource that always has the same, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def fetch(self, chain: Sequence[bytes]) -> Sequence[bytes]:
        self.asked.append(len(chain))
        return [LIST]


def test_chains_are_kept_and_get_into_the_certificate(bench: Workbench) -> None:
    index = bench.deposit()
    bench.ledger.seal()
    kept = {one.data for one in bench.store.supplements(0) if one.kind is CHAIN}
    roots = {root for authority in bench.authorities for root in authority.roots}
    assert roots < kept
    assert len(kept) == 4
    parts = bench.issue(index)
    assert kept | {CA.der, DEPOSITOR.der} == set(parts.chains)
    assert bench.check(written(parts)).verdict is Verdict.PASSED


def test_revocation_data_is_fetched_once_a_chain(bench: Workbench) -> None:
    source = Fetching()
    ledger = Ledger(replace(bench.parts(), revocation=source))
    index = bench.deposit()
    ledger.seal()
    assert source.asked == [2, 2]
    assert [one.data for one in bench.store.supplements(0) if one.kind is REVOCATION] == [LIST]
    assert bench.issue(index).revocation == {"0001.der": LIST}
    bench.deposit()
    ledger.seal()
    with closing(sqlite3.connect(bench.database)) as raw:
        assert raw.execute("SELECT count(*) FROM supplements").fetchone() == (5,)
        assert raw.execute("SELECT count(*) FROM seal_supplements").fetchone() == (10,)


def test_a_certificate_passes_a_policy_that_demands_what_was_captured(bench: Workbench) -> None:
    ledger = Ledger(replace(bench.parts(), revocation=Fetching()))
    index = bench.deposit()
    ledger.seal()
    bench.clock.move(days=2)
    asked = bench.policy().replace("[[signer]]", '[[signer]]\nrevocation = "demanded"')
    report = bench.check(written(bench.issue(index)), policy=asked)
    assert found(report, "10") == (Verdict.PASSED, None)


def test_what_is_there_stays(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    before = bench.store.supplements(0)
    bench.store.add_supplements(0, before)
    assert bench.store.supplements(0) == before
    assert bench.store.supplements(1) == []


JUNK = {
    "no X.509 certificate": StoredSupplement(CHAIN, b"junk"),
    "no revocation data": StoredSupplement(REVOCATION, b"junk"),
}


@pytest.mark.parametrize("case", JUNK)
def test_the_audit_finds_what_can_not_be_read(bench: Workbench, case: str) -> None:
    bench.deposit()
    bench.ledger.seal()
    assert bench.audit().verdict is Verdict.PASSED
    bench.store.add_supplements(0, [JUNK[case]])
    assert found(bench.audit(), "5") == (Verdict.FAILED, "audit.supplement")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE supplements SET data = x'3000'",
        "UPDATE supplements SET digest = x'00' WHERE rowid = 1",
        "DELETE FROM supplements",
        "UPDATE seal_supplements SET kind = 'other' WHERE rowid = 1",
        "UPDATE seal_supplements SET kind = 'revocation' WHERE rowid = 1",
    ],
)
def test_the_audit_finds_what_was_altered(bench: Workbench, change: str) -> None:
    bench.deposit()
    bench.ledger.seal()
    bench.store.close()
    with unfenced(bench.database) as raw:
        raw.execute(change)
    bench.store = open_store(bench.database)
    assert bench.audit().verdict is Verdict.FAILED


def test_changes_are_refused_by_the_database(bench: Workbench) -> None:
    bench.deposit()
    bench.ledger.seal()
    with closing(sqlite3.connect(bench.database)) as raw:
        for change in (
            "UPDATE supplements SET data = x'00'",
            "DELETE FROM supplements",
            "UPDATE seal_supplements SET kind = 'x'",
            "DELETE FROM seal_supplements",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="written once"):
                raw.execute(change)


def test_a_ledger_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    path.touch()
    engine = engine_of(SqliteFile(path), read_only=False)
    with writing(engine, str(path)) as connection:
        config = Config()
        folder = Path(revision.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        HeadRow.make(connection)
    engine.dispose()
    with closing(open_store(path)) as store:
        store.add_supplements(0, [])
        assert store.supplements(0) == []
        assert store.direct_entries() == []
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (revision.NEWEST,)
        ]


def test_a_stranger_beside_a_seal_convinces_nobody(bench: Workbench) -> None:
    index = bench.deposit()
    bench.ledger.seal()
    stranger = issue("Stranger", authority=True)
    bench.store.add_supplements(0, [StoredSupplement(CHAIN, stranger.der)])
    asked = bench.policy().replace(CA.pem.decode(), stranger.pem.decode())
    report = bench.check(written(bench.issue(index)), policy=asked)
    assert found(report, "10") == (Verdict.INDETERMINATE, "chain.unknown-root")
