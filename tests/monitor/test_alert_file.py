"""Alerts are noted before they are told, told once each, and survive what cuts a write off."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evidence_ledger.adapters.monitor import alert_file
from evidence_ledger.adapters.monitor.alert_file import AlertFile
from evidence_ledger.adapters.monitor.command import AlertCommand
from evidence_ledger.core.alert import Alert, Severity
from evidence_ledger.errors import FormatError, UsageError
from tests.fakes import NOON


def alert(subject: str) -> Alert:
    return Alert("monitor.rollback", Severity.WARNING, "a", "o", "says", subject, NOON)


def opened(folder: Path) -> AlertFile:
    return AlertFile(folder / "alerts.jsonl", folder / "told")


def subjects(book: AlertFile) -> list[object]:
    return [one["subject"] for one, _ in book.untold()]


def test_an_alert_is_noted_once_also_by_the_next_process(tmp_path: Path) -> None:
    assert opened(tmp_path).add(alert("1"))
    book = opened(tmp_path)
    assert not book.add(alert("1"))
    assert book.add(alert("2"))
    assert subjects(book) == ["1", "2"]


def test_what_was_told_is_not_told_again(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.add(alert("1"))
    book.add(alert("2"))
    _, place = next(book.untold())
    book.was_told(place)
    assert subjects(book) == ["2"]
    assert subjects(opened(tmp_path)) == ["2"]


def test_a_line_that_was_cut_off_is_dropped_and_found_again(tmp_path: Path) -> None:
    book = opened(tmp_path)
    book.add(alert("1"))
    path = tmp_path / "alerts.jsonl"
    whole = path.read_bytes()
    for end in range(1, len(whole)):
        path.write_bytes(whole + whole[:end])
        again = opened(tmp_path)
        assert path.read_bytes() == whole
        assert subjects(again) == ["1"]
    assert again.add(alert("2"))


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[1]",
        b"\xff",
        bytes(50),
        b'{"id":1}',
        b"",
        b"[" * 100_000,
        '{"id":"x"}'.encode("utf-16"),
    ],
)
def test_a_line_that_is_no_alert_is_damage(tmp_path: Path, line: bytes) -> None:
    opened(tmp_path).add(alert("1"))
    path = tmp_path / "alerts.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + line + b"\n")
    with pytest.raises(FormatError) as caught:
        opened(tmp_path)
    assert (caught.value.reason, caught.value.where) == ("monitor-alerts.malformed", str(path))
    path.write_bytes(whole)
    book = opened(tmp_path)
    path.write_bytes(line + b"\n" + whole)
    with pytest.raises(FormatError):
        list(book.untold())


@pytest.mark.parametrize("told", [b"-5\n", b"7\n", b"\xff", b"", b"99999\n"])
def test_a_place_at_which_no_line_begins_is_not_believed(tmp_path: Path, told: bytes) -> None:
    book = opened(tmp_path)
    book.add(alert("1"))
    book.add(alert("2"))
    (tmp_path / "told").write_bytes(told)
    assert subjects(opened(tmp_path)) == ["1", "2"]


def test_after_the_file_was_put_aside_new_alerts_are_told(tmp_path: Path) -> None:
    book = opened(tmp_path)
    for number in range(5):
        book.add(alert(str(number)))
    for _, place in book.untold():
        book.was_told(place)
    (tmp_path / "alerts.jsonl").unlink()
    book = opened(tmp_path)
    book.add(alert("new"))
    assert subjects(book) == ["new"]


def test_ids_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_file, "MOST_IDS", 3)
    book = opened(tmp_path)
    for number in range(5):
        book.add(alert(str(number)))
    assert not book.add(alert("4"))
    assert book.add(alert("0"))


def test_the_time_and_the_words_do_not_make_another_alert() -> None:
    one = alert("1")
    other = Alert(one.code, one.severity, "a", "o", "other words", "1", NOON.replace(hour=1))
    assert one.id == other.id
    assert one.id != alert("2").id


def test_a_command_gets_the_alert_and_says_whether_it_took_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    assert AlertCommand(f'"{sys.executable}" -c "{code}"').run(alert("1").to_json())
    assert json.loads(out.read_text())["subject"] == "1"
    assert not AlertCommand(f"{sys.executable} -c 'raise SystemExit(1)'").run({})
    assert not AlertCommand("/no/such/program").run({})
    for line in ("", "'open"):
        with pytest.raises(UsageError):
            AlertCommand(line)


def test_alerts_after_the_file_was_put_aside_are_told(tmp_path: Path) -> None:
    book = opened(tmp_path)
    for name in "123":
        book.add(alert(name))
    book.was_told(list(book.untold())[-1][1])
    (tmp_path / "alerts.jsonl").rename(tmp_path / "alerts.jsonl.1")
    book = opened(tmp_path)
    book.add(alert("4"))
    assert subjects(book) == ["4"]


@pytest.mark.parametrize("told", [b"-5\n", b"", b"x", b"99999999\n"])
def test_a_damaged_note_of_what_was_told_tells_again(tmp_path: Path, told: bytes) -> None:
    opened(tmp_path).add(alert("1"))
    (tmp_path / "told").write_bytes(told)
    assert subjects(opened(tmp_path)) == ["1"]
