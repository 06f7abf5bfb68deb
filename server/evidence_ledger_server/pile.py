"""Certificates that lie beside a completeness certificate: all in one nameless file, in a row.

However many come, they take one file descriptor and a few megabytes of memory.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger_server.problem import Problem, too_large

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST = 10_000
"""Certificates; a matter has fewer entries."""


class Pile:
    """``file`` is where they go (seekable); it stays the caller's."""

    def __init__(self, file: BinaryIO, largest: int, largest_together: int) -> None:
        self._file = file
        self._largest, self._largest_together = largest, largest_together
        self._names: list[str] = []
        self._starts: list[int] = []
        self._size = 0

    def begin(self, name: bytes) -> None:
        """The next certificate is called so. Raises Problem (413) for too many."""
        if len(self._names) == MOST:
            raise Problem(413, "http.parts", f"At most {MOST:,} certificates are taken.")
        self._names.append(name.decode("utf-8", "backslashreplace"))
        self._starts.append(self._size)

    def write(self, data: bytes) -> None:
        """More of the certificate that was begun last. Raises Problem (413)."""
        self._size += len(data)
        if self._size > self._largest_together:
            raise too_large(self._largest_together)
        if self._size - self._starts[-1] > self._largest:
            raise too_large(self._largest)
        self._file.write(data)

    def certificates(self) -> list[PresentedCertificate]:
        """All of them, in order. They are read one at a time."""
        ends = [*self._starts[1:], self._size]
        return [
            PresentedCertificate(name, cast("BinaryIO", _Slice(self._file, start, end - start)))
            for name, start, end in zip(self._names, self._starts, ends, strict=True)
        ]


class _Slice(io.RawIOBase):
    """``size`` bytes of a file from ``start`` on, as a file of their own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start, self._size = start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("There is nothing before the beginning.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(view), self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
