"""How far long work has come: one line on standard error, only where that is a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_INTERVAL = 0.1
_BAR = 24
_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


class ScreenProgress:
    """A line that is drawn anew at most ten times a second and wiped at the end.

    ``total`` is in bytes where it is known: then there is a bar.
    """

    def __init__(self, total: int | None = None, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._on = self._stream.isatty()
        self._total = total
        self._files = self._size = 0
        self._start = self._drawn = time.monotonic()

    def advance(self, files: int, size: int) -> None:
        """``files`` more files and ``size`` more bytes are done."""
        self._files += files
        self._size += size
        if self._on and (now := time.monotonic()) - self._drawn >= _INTERVAL:
            self._drawn = now
            self._draw(self.line(now - self._start))

    def line(self, seconds: float) -> str:
        """What is shown after ``seconds``."""
        rate = f"{amount(int(self._size / seconds))}/s" if seconds > 0 else ""
        counts = f"{self._files:,} files, {amount(self._size)}, {rate}"
        if not self._total:
            return counts
        done = min(1.0, self._size / self._total)
        filled = int(done * _BAR)
        return f"[{'#' * filled}{'.' * (_BAR - filled)}] {done:4.0%}  {counts}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._on:
            self._draw("")

    def _draw(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()


def amount(size: int) -> str:
    """A count of bytes in decimal units: ``4.3 GB``."""
    value = float(size)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
