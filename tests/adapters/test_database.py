"""Addresses of databases: what is accepted, and that no password is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence_ledger.adapters.database import (
    PostgresqlDatabase,
    SqliteFile,
    is_address,
    parse_address,
    parse_database,
)
from evidence_ledger.errors import SettingsInvalid

SECRET = "p%40ss%2Fw0rd"


@pytest.mark.parametrize(
    ("text", "address", "password"),
    [
        ("postgresql://u@h/db", "postgresql://u@h/db", None),
        ("postgres://u:pw@h:5433/db?sslmode=verify-full", None, "pw"),
        ("postgresql://u:p%40ss@h/db", "postgresql://u@h/db", "p@ss"),
        ("postgresql://u:@h/db", "postgresql://u@h/db", ""),
        ("postgresql:///db?host=/run/pg", "postgresql:///db?host=/run/pg", None),
        ("postgresql://u@a:1,b:2/db?target_session_attrs=read-write", None, None),
        ("POSTGRESQL://u@h/db", "postgresql://u@h/db", None),
        ("postgresql://u:a@b@h/db", "postgresql://u@h/db", "a@b"),
    ],
)
def test_a_password_is_taken_out(text: str, address: str | None, password: str | None) -> None:
    found = parse_address(text)
    assert found.address == (address or text.replace(":pw@", "@"))
    assert found.password == password


def test_a_password_is_in_no_representation() -> None:
    found = parse_address(f"postgresql://u:{SECRET}@h/db")
    assert found.password == "p@ss/w0rd"
    for text in (repr(found), str(found), found.place, f"{found}"):
        assert "w0rd" not in text


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:w0rd@h/db",
        "postgresql://u:w0rd@h/db?password=w0rd",
        "postgresql://u@h/db?sslpassword=w0rd",
        "postgresql://u@h/db?pass%77ord=w0rd",
        "postgresql://u:p/w0rd@h/db",
        "postgresql://u:p?w0rd@h/db",
        "postgresql://u:w0rd@h/d b",
        "postgresql://u:w0rd@h/d\n",
        "postgresql://u:w0rd@h/" + "d" * 3000,
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        parse_address(text)
    assert "w0rd" not in f"{caught.value} {caught.value.hint}"


def test_a_setting_is_an_address_or_a_path() -> None:
    folder = Path("/srv/evidence")
    assert parse_database("ledger.sqlite", folder) == SqliteFile(folder / "ledger.sqlite")
    assert parse_database("/other/l.sqlite", folder) == SqliteFile(Path("/other/l.sqlite"))
    assert parse_database("postgres://h/db", folder) == PostgresqlDatabase("postgres://h/db")
    assert not is_address("postgres.sqlite")
