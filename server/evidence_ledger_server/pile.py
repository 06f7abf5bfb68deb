"""Certificates that lie beside a completeness certificate: all in one nameless file, in a row.

However many come, they take one file descriptor and a few megabytes of memory.
"""

from __future__ import annotations

from functools import partial
from typing import BinaryIO, cast

from evidence_ledger.adapters.files.positioned import PositionedFile
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger_server.problem import Problem, too_large

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
            PresentedCertificate(name, self._slice(start, end))
            for name, start, end in zip(self._names, self._starts, ends, strict=True)
        ]

    def _slice(self, start: int, end: int) -> BinaryIO:
        file = PositionedFile(partial(self._part, start, end), lambda: end - start)
        return cast("BinaryIO", file)

    def _part(self, start: int, end: int, at: int, count: int) -> bytes:
        self._file.seek(start + at)
        return self._file.read(max(0, min(count, end - start - at)))
