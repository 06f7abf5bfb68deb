"""Progress shows on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from evidence_ledger_cli.progress import ScreenProgress, amount


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_line_that_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.05, 1.0, 1.05])
    monkeypatch.setattr("evidence_ledger_cli.progress.time.monotonic", lambda: next(times))
    terminal = Terminal()
    with ScreenProgress(total=4_000_000, stream=terminal) as progress:
        progress.advance(1, 1_000_000)
        assert terminal.getvalue() == ""
        progress.advance(1, 1_000_000)
        assert "[############............]  50%  2 files, 2.0 MB, 2.0 MB/s" in terminal.getvalue()
        before = terminal.getvalue()
        progress.advance(1, 1)
        assert terminal.getvalue() == before
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_sees_nothing() -> None:
    stream = io.StringIO()
    with ScreenProgress(stream=stream) as progress:
        for _ in range(1000):
            progress.advance(1, 10**9)
    assert stream.getvalue() == ""


def test_without_a_total_there_is_no_bar() -> None:
    progress = ScreenProgress(stream=io.StringIO())
    progress.advance(1234, 999)
    assert progress.line(1.0) == "1,234 files, 999 bytes, 999 bytes/s"


def test_more_than_the_total_is_still_a_bar() -> None:
    progress = ScreenProgress(total=10, stream=io.StringIO())
    progress.advance(1, 20)
    assert "100%" in progress.line(1.0)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (4_294_967_296, "4.3 GB"),
        (10**18, "1000.0 PB"),
    ],
)
def test_amounts(size: int, text: str) -> None:
    assert amount(size) == text
