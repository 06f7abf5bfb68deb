"""Timestamps over files themselves: asked for, kept, proved, shown, audited."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.sql import open_store
from evidence_ledger.core.certificate import FileToken
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.errors import AuthorityUnreachable, NoSuchEntry, NotSealed
from tests.fakes import FakeAuthority
from tests.fence import take_down
from tests.mutation.damage import damages, unfenced
from tests.workbench import Workbench, fact, found, presented, written

PASSED, INDETERMINATE, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED
FILES = {"a.txt": b"alpha", "b.txt": b"beta"}


@pytest.fixture
def index(bench: Workbench) -> int:
    """A sealed deposit of two files with their own timestamps."""
    made = bench.deposit([fact(name, data) for name, data in FILES.items()], [("x/y", "z")])
    bench.ledger.seal()
    assert bench.ledger.stamp_files(made) == []
    return made


def asked(bench: Workbench) -> list[int]:
    return [one.asked for one in bench.authorities]


def test_each_authority_is_asked_once_a_file(bench: Workbench, index: int) -> None:
    assert asked(bench) == [3, 3]
    held = [(one.file, one.token.authority) for one in bench.store.direct(index)]
    assert held == [(0, "Alpha"), (0, "Beta"), (1, "Alpha"), (1, "Beta")]
    assert bench.ledger.stamp_files(index) == []
    assert asked(bench) == [3, 3]
    assert bench.store.direct_entries() == [index]


def test_the_certificate_proves_them(bench: Workbench, index: int) -> None:
    parts = bench.issue(index)
    report = bench.check(written(parts), [presented("a.txt", b"alpha")])
    assert report.verdict is PASSED
    assert [one.number for one in report.steps if one.number.startswith("11")] == [
        "11.1",
        "11.2",
        "11.3",
        "11.4",
        "11",
    ]
    direct = report.facts["direct_times"]
    assert isinstance(direct, list)
    assert [(one["path"], one["authority"]) for one in direct] == [
        ("file/0", "Alpha"),
        ("file/0", "Beta"),
        ("file/1", "Alpha"),
        ("file/1", "Beta"),
    ]
    assert not any("records" in name for name in uncovered(report))


def uncovered(report: Report) -> list[str]:
    names = report.facts["not_covered"]
    assert isinstance(names, list)
    return names


def test_openssl_alone_proves_a_file(bench: Workbench, index: int, tmp_path: Path) -> None:
    (one, *_) = bench.issue(index).file_tokens[0]
    (tmp_path / "t.tst").write_bytes(one.token)
    (tmp_path / "t.tsr").write_bytes(one.response or b"")
    (tmp_path / "roots.pem").write_text(bench.authorities[0].pem)
    verify = ["openssl", "ts", "-verify", "-CAfile", "roots.pem", "-data", "data"]
    for data, code in ((b"alpha", 0), (b"alphA", 1)):
        (tmp_path / "data").write_bytes(data)
        for given in (["-in", "t.tst", "-token_in"], ["-in", "t.tsr"]):
            done = subprocess.run([*verify, *given], cwd=tmp_path, capture_output=True)
            assert (done.returncode != 0) == bool(code), done.stderr


def test_hidden_files_are_not_given_away(bench: Workbench, index: int) -> None:
    parts = bench.issue(index, [1])
    assert list(parts.file_tokens) == [1]
    data = written(parts)
    assert hashlib.sha256(FILES["a.txt"]).digest() not in data
    assert bench.check(data).verdict is PASSED


def test_another_files_token_is_refused(bench: Workbench, index: int) -> None:
    parts = bench.issue(index)
    swapped = {0: parts.file_tokens[1], 1: parts.file_tokens[0]}
    report = bench.check(written(replace(parts, file_tokens=swapped)))
    assert found(report, "11.1") == (FAILED, "direct.other-file")
    assert report.verdict is FAILED


def test_a_token_of_a_hidden_file_is_refused(bench: Workbench, index: int) -> None:
    hidden = replace(bench.issue(index, [1]), file_tokens=bench.issue(index).file_tokens)
    assert found(bench.check(written(hidden)), "11.1") == (FAILED, "direct.no-claim")


def test_another_response_is_refused(bench: Workbench, index: int) -> None:
    parts = bench.issue(index)
    first, second = parts.file_tokens[0]
    mixed = {0: (replace(first, response=second.response),)}
    report = bench.check(written(replace(parts, file_tokens=mixed)))
    assert found(report, "11.1") == (FAILED, "direct.other-response")
    alone = {0: (replace(first, response=None),)}
    assert bench.check(written(replace(parts, file_tokens=alone))).verdict is PASSED


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x00"])
def test_junk_is_refused(bench: Workbench, index: int, junk: bytes) -> None:
    parts = bench.issue(index)
    report = bench.check(written(replace(parts, file_tokens={0: (FileToken("x", junk),)})))
    assert found(report, "11.1")[0] is FAILED


def test_an_unknown_authority_is_undecided(bench: Workbench, index: int) -> None:
    parts = bench.issue(index)
    stranger = FakeAuthority("Gamma", bench.clock)
    response = stranger.ask(hashlib.sha256(b"alpha").digest(), 5)
    mixed = replace(parts, file_tokens={0: (FileToken("gamma", response),)})
    report = bench.check(written(mixed))
    assert found(report, "11.1") == (INDETERMINATE, "chain.unknown-root")
    assert bench.check(written(parts), policy=None).verdict is INDETERMINATE


def test_a_failing_authority_is_told_and_asked_again_later(bench: Workbench) -> None:
    made = bench.deposit([fact(name, data) for name, data in FILES.items()])
    bench.ledger.seal()
    right = bench.authorities[1].answer

    def refuse(_: bytes) -> bytes:
        raise AuthorityUnreachable("Beta sleeps.")

    bench.authorities[1].answer = refuse
    failures = bench.ledger.stamp_files(made)
    assert [str(one) for one in failures] == ["Beta sleeps."]
    assert asked(bench) == [3, 2]
    bench.authorities[1].answer = right
    assert bench.ledger.stamp_files(made) == []
    assert len(bench.store.direct(made)) == 4


def test_only_sealed_deposits_have_them(bench: Workbench) -> None:
    made = bench.deposit()
    with pytest.raises(NotSealed):
        bench.ledger.stamp_files(made)
    with pytest.raises((NotSealed, NoSuchEntry)):
        bench.ledger.stamp_files(99)


def test_the_audit_counts_them(bench: Workbench, index: int) -> None:
    assert index == 0
    report = bench.audit()
    assert report.verdict is PASSED
    assert any("4 over files themselves" in one.says for one in report.steps)


def test_every_change_of_a_stored_one_is_noticed(bench: Workbench, index: int) -> None:
    assert index == 0
    bench.store.close()
    with unfenced(bench.database) as raw:
        found_ = [one for one in damages(raw) if one.table == "direct_tokens" and one.column]
    content = bench.database.read_bytes()
    seen = set()
    for one in {(one.column, one.kind): one for one in found_}.values():
        bench.database.write_bytes(content)
        with closing(sqlite3.connect(bench.database, isolation_level=None)) as raw:
            try:
                one.change(raw)
            except sqlite3.IntegrityError:
                continue
        bench.store = open_store(bench.database)
        if (one.column, one.kind) != ("independent", "-1"):  # to say less than is true is no lie
            assert bench.audit().verdict is not PASSED, str(one)
        bench.store.close()
        seen.add(one.column)
    bench.store = open_store(bench.database)
    assert seen == {"entry", "file", "authority", "independent", "response", "token"}


def test_they_can_be_erased_but_not_changed(bench: Workbench, index: int) -> None:
    with closing(sqlite3.connect(bench.database)) as raw:
        with pytest.raises(sqlite3.IntegrityError, match="written once"):
            raw.execute("UPDATE direct_tokens SET token = x'00'")
        take_down(raw)
        raw.execute("DELETE FROM direct_tokens")
        raw.commit()
    assert bench.store.direct(index) == []
    assert bench.audit().verdict is PASSED
    assert bench.check(written(bench.issue(index))).verdict is PASSED
