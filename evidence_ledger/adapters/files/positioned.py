"""A file that is a place in something else: bytes that are read from where it stands."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PositionedFile(io.RawIOBase):
    """``read(start, count)`` gives at most ``count`` bytes, none at the end; ``size()`` all."""

    def __init__(self, read: Callable[[int, int], bytes], size: Callable[[], int]) -> None:
        self._read = read
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere. Raises OSError before the beginning, and what ``size`` raises."""
        base = 0 if whence == io.SEEK_SET else self._at
        if whence == io.SEEK_END:
            base = self._size()
        if base + offset < 0:
            raise OSError("There is nothing before the beginning.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """As for all raw files. Raises what ``read`` raises."""
        view = memoryview(buffer).cast("B")
        data = self._read(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
