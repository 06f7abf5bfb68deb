"""Damage to stored renewals: the audit finds it, and the issuer hands none of it out."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger.errors import LedgerCorrupt
from tests.renewing.wishes import ALL, TREE
from tests.workbench import Workbench, found

DAMAGES: dict[str, tuple[str, str]] = {
    "another leaf": ("UPDATE renewals SET leaves = zeroblob(128) WHERE number = 0", "8"),
    "a leaf too many": (
        "UPDATE renewals SET leaves = leaves || zeroblob(32) WHERE number = 0",
        "8",
    ),
    "leaves swapped": ("UPDATE renewed_strands SET leaf = 3 - leaf WHERE renewal = 0", "8"),
    "no such leaf": ("UPDATE renewed_strands SET leaf = 9 WHERE renewal = 0 AND seal = 1", "8"),
    "another digest": ("UPDATE renewals SET digest = 'sha3_256' WHERE number = 0", "8"),
    "another kind": ("UPDATE renewals SET kind = 'timestamp' WHERE number = 1", "8"),
    "not independent": ("UPDATE renewals SET independent = 0 WHERE number = 0", "8"),
    "a dependent token": ("UPDATE renewal_tokens SET independent = 0", "8"),
    "no entry": ("UPDATE renewals SET entry = NULL WHERE number = 0", "8"),
    "another entry": ("UPDATE renewals SET entry = 0 WHERE number = 1", "8"),
    "an entry to come": ("UPDATE renewals SET entry = 99 WHERE number = 1", "8"),
    "a hash": ("UPDATE renewed_strands SET hashes = zeroblob(192) WHERE renewal = 1", "8"),
    "an object": ("UPDATE renewed_strands SET objects = x'000000010000000200000003'", "8"),
    "no objects": (
        "UPDATE renewed_strands SET objects = x'', hashes = x'' WHERE renewal = 1;"
        "DELETE FROM renewed_groups",
        "8",
    ),
    "a token": ("UPDATE renewal_tokens SET token = x'3000' WHERE renewal = 0", "8"),
    "another authority": ("UPDATE renewal_tokens SET authority = 'Beta' WHERE position = 0", "8"),
    "a token gone": ("DELETE FROM renewal_tokens WHERE position = 1", "6"),
    "a strand gone": ("DELETE FROM renewed_strands WHERE renewal = 0 AND seal = 1", "8"),
    "the newest renewal gone": (
        "DELETE FROM renewal_tokens WHERE renewal = 1;"
        "DELETE FROM renewal_supplements WHERE renewal = 1; DELETE FROM renewed_groups;"
        "DELETE FROM renewed_strands WHERE renewal = 1; DELETE FROM renewals WHERE number = 1",
        "6",
    ),
    "the oldest renewal gone": (
        "DELETE FROM renewal_tokens WHERE renewal = 0;"
        "DELETE FROM renewal_supplements WHERE renewal = 0;"
        "DELETE FROM renewed_strands WHERE renewal = 0; DELETE FROM renewals WHERE number = 0",
        "8",
    ),
}


def _altered(level: int, at: int) -> str:
    """SQL that puts another byte, from 0, at ``at``."""
    data = f"CAST(substr(data, 1, {at}) || x'ff' || substr(data, {at + 2}) AS BLOB)"
    return f"UPDATE renewed_groups SET data = {data} WHERE level = {level}"  # noqa: S608 numbers


@pytest.mark.parametrize("name", DAMAGES)
def test_the_audit_finds(bench: Workbench, name: str) -> None:
    bench.renewer().renew(ALL)
    bench.renewer().renew(TREE)
    change, number = DAMAGES[name]
    with closing(sqlite3.connect(bench.database)) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.executescript(change)
    report = bench.audit()
    assert report.verdict is Verdict.FAILED
    assert found(report, number)[0] is Verdict.FAILED


def test_a_record_that_would_not_verify_is_not_issued(bench: Workbench) -> None:
    bench.renewer().renew(TREE)
    with closing(sqlite3.connect(bench.database)) as raw:
        raw.execute("DROP TRIGGER renewed_strands_refuse_update")
        raw.execute("UPDATE renewed_strands SET leaf = 1 - leaf WHERE leaf < 2")
        raw.commit()
    with pytest.raises(LedgerCorrupt):
        bench.issue(0)


GROUPS: dict[str, str] = {
    "no groups": "DELETE FROM renewed_groups",
    "no hashes": "DELETE FROM renewed_groups WHERE level = 0",
    "another hash": _altered(0, 0),
    "a neighbour's hash": _altered(0, 128),
    "a hash cut off": "UPDATE renewed_groups SET data = substr(data, 1, 64) WHERE level = 0",
    "hashes that are a text": "UPDATE renewed_groups SET data = 'x' WHERE level = 0",
    "places cut off": "UPDATE renewed_groups SET data = x'00' WHERE level = -1",
    "other places": _altered(-1, 0),
    "another leaf": "UPDATE renewals SET leaves = CAST(leaves || zeroblob(64) AS BLOB)",
    "another token": "UPDATE renewal_tokens SET token = (SELECT token FROM tokens)",
}


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_kept_of_a_renewal_is_held_against_its_timestamp(
    bench: Workbench, name: str
) -> None:
    bench.renewer().renew(TREE)
    with closing(sqlite3.connect(bench.database)) as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            raw.execute(f"DROP TRIGGER {trigger}")
        raw.executescript(GROUPS[name])
    if name != "no groups":
        with pytest.raises(LedgerCorrupt):
            bench.issue(0, [])
    report = bench.audit()
    assert report.verdict is Verdict.FAILED
    assert found(report, "8")[0] is Verdict.FAILED
