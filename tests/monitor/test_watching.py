"""A lawyer learns of the same file and of their own key; once, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.signer_tag import signer_tag
from evidence_ledger.errors import ServerUnreachable
from tests.monitor.bench import MonitorBench, bench

LEASE = sha256(b"lease").digest()
MINE, OTHERS = sha256(b"my certificate").digest(), sha256(b"theirs").digest()


def watching(monitor: MonitorBench) -> None:
    monitor.rules = replace(
        monitor.rules,
        files={(Algorithm.SHA256, LEASE): "lease.pdf"},
        signers={MINE: "me.pem"},
    )


def test_a_watched_file_is_told_for_each_entry_once(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    watching(monitor)
    assert monitor.codes() == []
    ledger.add(2, digest=LEASE)
    ledger.add(1, digest=MINE)
    ledger.publish()
    (sight,) = monitor.look()
    assert [one.code for one in sight.alerts] == ["monitor.watched-file"] * 2
    assert [one.says for one in sight.alerts] == [
        "Entry 3 holds the fingerprint of lease.pdf.",
        "Entry 4 holds the fingerprint of lease.pdf.",
    ]
    assert sight.verdict == "PASSED"
    ledger.add()
    ledger.publish()
    assert monitor.codes() == []
    assert monitor.told() == ["monitor.watched-file"] * 2


def test_an_entry_is_told_only_when_it_is_verified_in_the_log(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    watching(monitor)
    ledger.add(1, digest=LEASE, signer=MINE)
    assert monitor.codes() == []
    ledger.publish()
    assert monitor.codes() == ["monitor.watched-file", "monitor.watched-signer"]


def test_a_watched_signer_is_found_by_tags_alone(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 2500)
    ledger.add(1, signer=MINE)
    ledger.add(1, signer=OTHERS)
    ledger.tags[0] = None
    ledger.publish()
    watching(monitor)
    (sight,) = monitor.look()
    assert [one.says for one in sight.alerts] == [
        "Entry 2500 was signed with the X.509 certificate me.pem."
    ]
    assert monitor.codes() == []


def test_more_hits_than_fit_one_look_are_told_by_the_next(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    ledger.add(150, digest=LEASE)
    ledger.publish()
    watching(monitor)
    assert len(monitor.codes()) == 100
    assert len(monitor.codes()) == 50
    assert len(monitor.told()) == 150


def test_a_server_that_answers_nothing_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    watching(monitor)

    def down(*_: object) -> None:
        raise ServerUnreachable("down")

    ledger.holding = down  # type: ignore[assignment,method-assign]  # broken on purpose
    assert monitor.codes() == ["monitor.look-up"]


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_tags_of_one_signer_have_nothing_in_common(one: int, other: int) -> None:
    assert (signer_tag("l", one, MINE) == signer_tag("l", other, MINE)) == (one == other)
    assert signer_tag("l", one, MINE) != signer_tag("l", one, OTHERS)
    assert signer_tag("l", one, MINE) != signer_tag("m", one, MINE)


def test_the_tag_is_what_the_page_says() -> None:
    data = b"evidence-ledger/signer-tag\nl\n" + (7).to_bytes(8, "big") + MINE
    assert signer_tag("l", 7, MINE) == sha256(data).digest()[:16]
