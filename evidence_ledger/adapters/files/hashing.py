"""Many files: found, hashed by one or two processes, and given out in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from evidence_ledger.adapters.files.hashed import HashedFile, media_type, moment
from evidence_ledger.adapters.files.helper import Batch, Helper
from evidence_ledger.adapters.files.one_pass import Row
from evidence_ledger.adapters.files.reading import in_order, read_row, split_digests
from evidence_ledger.adapters.files.walk import FoundFile, PathLike, find_files, survey
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.errors import FileChanged, FileError

if TYPE_CHECKING:
    from evidence_ledger.ports import Progress

# A second process takes some 50 ms to start: less work than this is done sooner alone.
_ALONE_FILES = 1024
_ALONE_BYTES = 256 * 1024 * 1024
_BATCH_FILES = 128
_BATCH_BYTES = 4 * 1024 * 1024
_AHEAD = 32


def hash_files(
    paths: Iterable[PathLike],
    algorithms: Iterable[Algorithm] = (Algorithm.SHA256,),
    *,
    skip_special: bool = False,
    processes: int = 2,
    progress: Progress | None = None,
) -> Iterator[HashedFile]:
    """Every regular file under ``paths``, sorted bytewise by name, each once, in flat memory.

    The walk is made once before anything is hashed, so that what stands in the way is told at
    once. ``processes`` is 1 or 2; the second starts only when there is much to do. Close the
    iterator to stop early. Raises NotARegularFile, FileUnreadable, FileChanged, UsageError.
    """
    given = list(paths)
    expected = survey(given, skip_special=skip_special).files
    found = find_files(given, skip_special=skip_special)
    work = _Work(found, in_order(algorithms), processes, progress)
    count = 0
    try:
        for hashed in work.results():
            count += 1
            yield hashed
    finally:
        work.close()
    if count != expected:
        raise FileChanged(
            f"Files came or went meanwhile: there were {expected} at first, then {count}.",
            where=", ".join(os.fsdecode(path) for path in given[:3]),
        )


class _Work:
    """Batches in order: some hashed here, some by the helper, given out as the first is done."""

    def __init__(
        self,
        found: Iterator[FoundFile],
        algorithms: Sequence[Algorithm],
        processes: int,
        progress: Progress | None,
    ) -> None:
        self._found = found
        self._algorithms = algorithms
        self._may_start = processes > 1
        self._progress = progress
        self._helper: Helper | None = None
        self._pending: deque[Batch] = deque()
        self._files = self._bytes = 0

    def results(self) -> Iterator[HashedFile]:
        """The files in order."""
        while True:
            self._feed()
            if not self._pending and not self._hash_next():
                return
            first = self._pending[0]
            if first.refused:
                first.rows = self._rows(first.files)
            if first.rows is not None:
                self._pending.popleft()
                yield from self._given_out(first.files, first.rows)
            elif len(self._pending) >= _AHEAD or not self._hash_next():
                self._wait()

    def close(self) -> None:
        """End the helper."""
        if self._helper is not None:
            self._helper.close()

    def _given_out(self, files: Sequence[FoundFile], rows: Sequence[Row]) -> Iterator[HashedFile]:
        for found, (digests, size, modified) in zip(files, rows, strict=True):
            fingerprint = Fingerprint(split_digests(digests, self._algorithms), size)
            yield HashedFile(found.name, fingerprint, moment(modified), media_type(found.name))

    def _feed(self) -> None:
        """Take what the helper has done and keep it busy."""
        if self._helper is None:
            if self._may_start and (self._files >= _ALONE_FILES or self._bytes >= _ALONE_BYTES):
                self._helper = Helper(self._algorithms)
            return
        while (done := self._helper.take(wait=False)) is not None:
            self._tell(done)
        while self._helper.wants_more() and (batch := self._next()) is not None:
            self._helper.give(batch)

    def _wait(self) -> None:
        if self._helper is not None and (done := self._helper.take(wait=True)) is not None:
            self._tell(done)

    def _tell(self, done: Batch) -> None:
        if done.rows is not None and self._progress is not None:
            self._progress.advance(len(done.rows), sum(row[1] for row in done.rows))

    def _hash_next(self) -> bool:
        """Hash the next batch in this process. False where there is none left."""
        batch = self._next()
        if batch is None:
            return False
        try:
            batch.rows = self._rows(batch.files)
        except FileError:
            batch.refused = True  # told when its turn comes, so that the first error is the first
        return True

    def _rows(self, files: Sequence[FoundFile]) -> Sequence[Row]:
        rows = [read_row(found.path, self._algorithms, self._progress) for found in files]
        self._files += len(rows)
        self._bytes += sum(row[1] for row in rows)
        return rows

    def _next(self) -> Batch | None:
        """About 4 MiB of files to do, going by the size of those done."""
        average = self._bytes // self._files if self._files else _BATCH_BYTES
        count = max(1, min(_BATCH_FILES, _BATCH_BYTES // (average + 1)))
        files = list(islice(self._found, count))
        if not files:
            return None
        self._pending.append(Batch(files))
        return self._pending[-1]
