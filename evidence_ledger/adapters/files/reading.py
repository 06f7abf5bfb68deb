"""The fingerprint of one file."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from evidence_ledger.adapters.files.one_pass import Changed, NotRegular, Row, one_pass
from evidence_ledger.adapters.files.walk import PathLike, not_regular, unreadable
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm, Fingerprint, Hasher
from evidence_ledger.errors import FileChanged, UsageError

if TYPE_CHECKING:
    from evidence_ledger.ports import Progress


def fingerprint_file(
    path: PathLike,
    algorithms: Iterable[Algorithm] = (Algorithm.SHA256,),
    *,
    progress: Progress | None = None,
) -> Fingerprint:
    """The fingerprint of a file, all digests in one pass, SHA-256 always among them.

    Raises FileUnreadable (missing, vanished, forbidden, damaged medium), FileChanged (it changed
    while it was read), NotARegularFile (a link is not followed) and UsageError (this machine has
    no such digest).
    """
    chosen = in_order(algorithms)
    digests, size, _ = read_row(os.fsencode(path), chosen, progress)
    return Fingerprint(split_digests(digests, chosen), size)


def digest_file(path: PathLike, name: str, *, progress: Progress | None = None) -> bytes:
    """One digest of a file by its hashlib name, for what others have made with it.

    Raises as ``fingerprint_file``, and UsageError for a digest that this machine lacks.
    """
    try:
        hashlib.new(name)
    except ValueError as error:
        raise UsageError(f"This machine's OpenSSL has no {name[:20]}.") from error
    return read_row(os.fsencode(path), (name,), progress)[0]


def in_order(algorithms: Iterable[Algorithm]) -> tuple[Algorithm, ...]:
    """The chosen digests in their fixed order. Raises UsageError for one that is not to be had."""
    return tuple(Hasher(algorithms).finish().digests)


def read_row(path: bytes, algorithms: Sequence[str], progress: Progress | None) -> Row:
    """One pass over a file. Raises FileUnreadable, FileChanged, NotARegularFile."""
    watch = _Watch(progress)
    try:
        row = one_pass(path, algorithms, watch.advance if progress else None)
    except NotRegular as error:
        raise not_regular((path,)) from error
    except Changed as error:
        raise FileChanged(
            "This file changed while it was being read.", where=os.fsdecode(path)
        ) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise not_regular((path,)) from error
        raise unreadable(path, error) from error
    watch.finish(row[1])
    return row


def split_digests(digests: bytes, algorithms: Sequence[Algorithm]) -> dict[Algorithm, bytes]:
    """A row's digests under their names."""
    if len(algorithms) == 1:
        return {algorithms[0]: digests}
    named = {}
    start = 0
    for name in algorithms:
        named[name] = digests[start : start + DIGEST_SIZE[name]]
        start += DIGEST_SIZE[name]
    return named


class _Watch:
    """Tells progress of each part of a large file, and of a small one at its end."""

    __slots__ = ("_progress", "_told")

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._told = 0

    def advance(self, size: int) -> None:
        self._told += size
        if self._progress is not None:
            self._progress.advance(0, size)

    def finish(self, size: int) -> None:
        if self._progress is not None:
            self._progress.advance(1, size - self._told)
