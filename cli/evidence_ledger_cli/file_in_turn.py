"""Files of which there may be more than can be open at once: each is opened when its turn comes."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.files.positioned import PositionedFile
from evidence_ledger_cli.input_file import open_regular


class Turns:
    """Holds the one file that is open. Close it, or use it in ``with``."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._open: BinaryIO = io.BytesIO()

    def __enter__(self) -> Turns:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def file(self, path: Path) -> BinaryIO:
        """A seekable file that is open only while it is the last one that was read.

        Raises FileUnreadable, NotARegularFile, here and when it is read.
        """
        open_regular(path).close()
        return io.BufferedReader(
            PositionedFile(partial(self._part, path), partial(self._size, path))
        )

    def opened(self, path: Path) -> BinaryIO:
        """This file, open; the one before it is closed."""
        if path != self._path:
            self._open.close()
            self._path = None
            self._open = open_regular(path)
            self._path = path
        return self._open

    def _part(self, path: Path, start: int, count: int) -> bytes:
        file = self.opened(path)
        file.seek(start)
        return file.read(count)

    def _size(self, path: Path) -> int:
        return self.opened(path).seek(0, io.SEEK_END)
