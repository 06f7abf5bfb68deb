"""The regular files under some paths, in one order on every machine.

Links are never followed, so no walk can loop and no file outside a folder is taken for one inside.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evidence_ledger.adapters.file_errors import why
from evidence_ledger.errors import FileUnreadable, NotARegularFile, UsageError

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_LISTED = 20


class FoundFile(NamedTuple):
    """A path: ``path`` opens it, ``name`` is what a deposit calls it.

    A name keeps the file system's bytes exactly, has "/" between folders, and begins with the last
    part of the path that was given ("docs/a.txt" for a.txt in ../case/docs). A tuple, because a
    walk makes hundreds of thousands of them and sorts them by their first member.
    """

    name: bytes
    path: bytes
    regular: bool = True


@dataclass(frozen=True, slots=True)
class Survey:
    """What a walk will meet: the number of regular files, and the sorted paths of everything that
    is neither a file nor a folder."""

    files: int
    special: tuple[bytes, ...]


def find_files(paths: Iterable[PathLike], *, skip_special: bool = False) -> Iterator[FoundFile]:
    """Stream the regular files under ``paths``, sorted bytewise by name.

    A file reached through several of the paths comes once, under the name that the outermost
    folder gives it. Links, sockets, devices and pipes raise NotARegularFile unless
    ``skip_special``. Raises FileUnreadable for a path or folder that can't be read.
    """
    streams = [_under(path) for path in _outermost(paths)]
    for found in heapq.merge(*streams):
        if found.regular:
            yield found
        elif not skip_special:
            raise not_regular((found.path,))


def survey(paths: Iterable[PathLike], *, skip_special: bool = False) -> Survey:
    """Walk once without keeping names, so that what can't be hashed is told before anything is.

    Raises NotARegularFile naming all special files (unless ``skip_special``), FileUnreadable, and
    UsageError where there is no file at all.
    """
    files = 0
    special: list[bytes] = []
    for path in _outermost(paths):
        files += _count(path, special)
    if special and not skip_special:
        raise not_regular(sorted(special))
    if not files:
        raise UsageError("There is no file in what was given.", hint="Name files or folders.")
    return Survey(files, tuple(sorted(special)))


def not_regular(special: Sequence[bytes]) -> NotARegularFile:
    """The refusal that names them, the first 20 in full."""
    names = [os.fsdecode(path) for path in special]
    if len(names) == 1:
        return NotARegularFile("This is not a regular file.", where=names[0])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return NotARegularFile(
        f"{len(names)} of these are not regular files.", where=", ".join(names[:_LISTED]) + more
    )


def unreadable(path: bytes, error: OSError) -> FileUnreadable:
    """The error for a path that the system would not let us read, in plain words."""
    return FileUnreadable(f"This can't be read: {why(error)}.", where=os.fsdecode(path))


def _outermost(paths: Iterable[PathLike]) -> list[bytes]:
    """The paths without those that lie inside another one; each place once."""
    places: dict[bytes, bytes] = {}
    for given in paths:
        path = os.fsencode(given)
        places.setdefault(_place(path), path)
    return [path for place, path in places.items() if not _has_folder_in(places, place)]


def _place(path: bytes) -> bytes:
    """The one absolute path of a place: links before its last part resolved, that part not."""
    if not path or b"\0" in path:
        raise FileUnreadable("This path names nothing.", where=os.fsdecode(path) or None)
    if _is_whole(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 names are bytes


def _is_whole(path: bytes) -> bool:
    """Whether a path ends in a way that the system itself resolves: "/", "." or ".."."""
    return os.path.basename(path) in (b"", b".", b"..")  # noqa: PTH119 names are bytes


def _has_folder_in(places: Container[bytes], place: bytes) -> bool:
    folder = os.path.dirname(place)  # noqa: PTH120 names are bytes
    while folder != place:
        if folder in places:
            return True
        place, folder = folder, os.path.dirname(folder)  # noqa: PTH120 names are bytes
    return False


def _under(path: bytes) -> Iterator[FoundFile]:
    # The name of "." says nothing about the files in it.
    name = b"" if os.path.normpath(path) == b"." else os.path.basename(_place(path))  # noqa: PTH119 names are bytes
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        yield from _folder(path, name + b"/" if name else b"")
    else:
        yield FoundFile(name, path, stat.S_ISREG(mode))


def _mode(path: bytes) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError as error:
        raise unreadable(path, error) from error


def _folder(path: bytes, prefix: bytes) -> Iterator[FoundFile]:
    """Depth first, without recursion, so that no depth of folders is too deep."""
    pending = [iter(_listing(path, prefix))]
    while pending:
        for found in pending[-1]:
            if found.name.endswith(b"/"):
                pending.append(iter(_listing(found.path, found.name)))
                break
            yield found
        else:
            pending.pop()


def _listing(path: bytes, prefix: bytes) -> list[FoundFile]:
    """One folder in order. A folder sorts as its name with "/", as whole names do."""
    try:
        with os.scandir(path) as entries:
            listed = [
                FoundFile(prefix + entry.name + b"/", entry.path, False)
                if entry.is_dir(follow_symlinks=False)
                else FoundFile(
                    prefix + entry.name, entry.path, entry.is_file(follow_symlinks=False)
                )
                for entry in entries
            ]
    except OSError as error:
        raise unreadable(path, error) from error
    listed.sort()
    return listed


def _count(path: bytes, special: list[bytes]) -> int:
    mode = _mode(path)
    if stat.S_ISREG(mode):
        return 1
    if not stat.S_ISDIR(mode):
        special.append(path)
        return 0
    files = 0
    folders = [path]
    while folders:
        files += _count_folder(folders.pop(), folders, special)
    return files


def _count_folder(path: bytes, folders: list[bytes], special: list[bytes]) -> int:
    files = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    files += 1
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    special.append(entry.path)
    except OSError as error:
        raise unreadable(path, error) from error
    return files
