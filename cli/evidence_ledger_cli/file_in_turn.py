"""Files of which there may be more than can be open at once: each is opened when its turn comes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from evidence_ledger_cli.input_file import open_regular

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


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
        return io.BufferedReader(_FileInTurn(self, path))

    def opened(self, path: Path) -> BinaryIO:
        """This file, open; the one before it is closed."""
        if path != self._path:
            self._open.close()
            self._path = None
            self._open = open_regular(path)
            self._path = path
        return self._open


class _FileInTurn(io.RawIOBase):
    def __init__(self, turns: Turns, path: Path) -> None:
        self._turns = turns
        self._path = path
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._at = self._turns.opened(self._path).seek(offset, whence)
        else:
            self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        file = self._turns.opened(self._path)
        file.seek(self._at)
        view = memoryview(buffer).cast("B")
        data = file.read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
