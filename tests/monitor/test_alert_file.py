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
from evidence_ledger.errors import UsageError
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


def test_a_place_within_a_line_goes_on_with_the_next_line(tmp_path: Path) -> None:
    """Such a place is of a file that was put aside; it was a traceback at every start."""
    book = opened(tmp_path)
    for number in "123":
        book.add(alert(number))
    first, _, _ = (tmp_path / "alerts.jsonl").read_bytes().splitlines(keepends=True)
    for place, left in ((1, ["2", "3"]), (len(first) - 1, ["2", "3"]), (len(first) + 9, ["3"])):
        book.was_told(place)
        assert subjects(opened(tmp_path)) == left
    book.was_told(len(first))
    assert subjects(opened(tmp_path)) == ["2", "3"]


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
