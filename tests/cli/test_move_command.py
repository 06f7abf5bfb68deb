"""``init --database`` and ``move``: a ledger in PostgreSQL, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase
from tests.cli.conftest import Run
from tests.postgresql import PASSWORD, Server

POLICY = ("--policy", "ledger/trust.toml")


def test_a_ledger_in_postgresql_from_init_to_audit(
    desk: Path,
    evidence: Run,
    empty_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVIDENCE_HOME", str(desk / "shared"))
    made = evidence("init", "--database", empty_database.address, "--json").document
    assert made["database"] == empty_database.address
    assert not (desk / "shared" / "ledger.sqlite").exists()
    assert evidence("deposit", "case", "--out", "case.asice").code == 0
    assert evidence("list").code == evidence("find", "case/lease.txt").code == 0
    assert evidence("audit").code == 0
    policy = ("--policy", "shared/trust.toml")
    assert evidence("verify", "case.asice", "case/lease.txt", *policy).code == 0


def test_a_copy_at_an_address_is_audited(
    desk: Path,
    evidence: Run,
    postgresql_server: Server,
    empty_database: PostgresqlDatabase,
) -> None:
    assert evidence("deposit", "case", "--out", "case.asice").code == 0
    assert evidence("move", "--to", empty_database.address).code == 0
    assert evidence("audit", "--ledger", empty_database.address).code == 0
    postgresql_server.run("ALTER TABLE documents DISABLE TRIGGER ALL", empty_database)
    postgresql_server.run("UPDATE documents SET signature = 'x'", empty_database)
    assert evidence("audit", "--ledger", empty_database.address).code == 1
    wrong = evidence("audit", "--ledger", f"postgresql://u:w0rd@/db?host={desk}")
    assert (wrong.code, "w0rd" in wrong.err) == (35, False)


def test_a_password_is_used_and_neither_kept_nor_told(
    desk: Path,
    evidence: Run,
    postgresql_server: Server,
    empty_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not postgresql_server.own:
        pytest.skip("the server's passwords are not ours")
    home = desk / "shared"
    address = postgresql_server.over_tcp(empty_database)
    answer = evidence("init", "--home", home, "--database", address)
    assert answer.code == 0
    assert "PGPASSFILE" in answer.err
    assert PASSWORD not in answer.out + answer.err
    for path in home.rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes()
    refused = evidence("list", "--home", home)
    assert (refused.code, PASSWORD in refused.err) == (35, False)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert evidence("list", "--home", home).code == 0


def test_a_database_with_a_ledger_is_left_alone(
    tmp_path: Path, evidence: Run, ledger_database: PostgresqlDatabase
) -> None:
    home = tmp_path / "new"
    answer = evidence("init", "--home", home, "--database", ledger_database.address)
    assert answer.code == 22
    assert not (home / "settings.toml").exists()


@pytest.mark.parametrize("address", ["mysql://u:w0rd@h/db", "postgresql://u:w0rd@h/a b"])
def test_what_is_no_address_is_refused(tmp_path: Path, evidence: Run, address: str) -> None:
    answer = evidence("init", "--home", tmp_path / "new", "--database", address)
    assert answer.code == 30
    assert "w0rd" not in answer.err
    assert not (tmp_path / "new").exists()


def test_moving_there_and_back_keeps_certificates_and_verdicts(
    desk: Path, evidence: Run, empty_database: PostgresqlDatabase
) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "before.asice").code == 0
    listed = evidence("list", "--json").out
    moved = evidence("move", "--to", empty_database.address, "--json")
    assert moved.document == {
        "from": str(desk / "ledger" / "ledger.sqlite"),
        "to": empty_database.address,
        "entries": 2,
        "audit": "PASSED",
    }
    assert evidence("list", "--json").out == listed
    assert evidence("audit").code == 0
    assert evidence("deposit", "case", "--out", "between.asice").code == 0
    back = evidence("move", "--to", "ledger")
    assert back.code == 0
    assert "restart" in back.err.lower()
    assert evidence("audit").code == 0
    assert len(json.loads(evidence("list", "--json").out)["entries"]) == 4
    for name in ("before.asice", "between.asice"):
        assert evidence("verify", name, "case/lease.txt", *POLICY).code == 0


def test_moving_to_where_something_is_changes_nothing(
    desk: Path, evidence: Run, ledger_database: PostgresqlDatabase
) -> None:
    settings = (desk / "ledger" / "settings.toml").read_bytes()
    assert evidence("move", "--to", ledger_database.address).code == 22
    assert evidence("move", "--to", "ledger").code == 22
    assert (desk / "ledger" / "settings.toml").read_bytes() == settings
    assert evidence("deposit", "case", "--out", "case.asice").code == 0


def test_moving_to_a_server_that_is_not_there(desk: Path, evidence: Run) -> None:
    answer = evidence("move", "--to", f"postgresql://u:w0rd@/db?host={desk}")
    assert answer.code == 35
    assert "w0rd" not in answer.err
    assert evidence("deposit", "case", "--out", "case.asice").code == 0


def test_a_folder_that_is_not_utf_8_is_refused_before_anything_is_moved(
    desk: Path, evidence: Run
) -> None:
    assert evidence("deposit", "case/lease.txt", "--out", "before.asice").code == 0
    answer = evidence("move", "--to", "\udcff")
    assert answer.code == 30
    assert not list(desk.glob("\udcff"))
    assert evidence("deposit", "case", "--out", "after.asice").code == 0
