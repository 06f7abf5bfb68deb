"""One pass over one file: opened, hashed to its end, and seen not to have changed meanwhile.

Also a program of its own, which a helper process runs (``helper.py``): so it imports nothing but
the standard library and starts in milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Sequence
from struct import Struct
from typing import BinaryIO

_SMALL = 64 * 1024
_BUFFER = 256 * 1024
_LENGTH = Struct(">I")

# Without O_NONBLOCK, a pipe that took the file's place after the walk would block for ever.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

Row = tuple[bytes, int, int]
"""The digests one after the other, the size in bytes, the last change in seconds since 1970."""


class NotRegular(Exception):
    """What was opened is not a regular file."""


class Changed(Exception):
    """The file changed while it was read."""


def row_format(sizes: Sequence[int]) -> Struct:
    """How rows travel from a helper; ``sizes`` are the digests' lengths."""
    return Struct(f">{sum(sizes)}sQq")


def one_pass(
    path: bytes, algorithms: Sequence[str], advance: Callable[[int], None] | None = None
) -> Row:
    """Read a file once. ``advance`` hears of each part of a large file, in bytes.

    Raises OSError (ELOOP for a link), NotRegular, Changed.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise NotRegular
        if before.st_size < _SMALL:
            digests = _small(descriptor, before.st_size, algorithms)
        else:
            digests = _large(descriptor, before.st_size, algorithms, advance)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    # Members 1, 2 and 6 are the inode, the device and the size.
    if (
        before[1:3] != after[1:3]
        or before[6] != after[6]
        or before.st_mtime_ns != after.st_mtime_ns
        or before.st_ctime_ns != after.st_ctime_ns
    ):
        raise Changed
    return digests, before.st_size, before.st_mtime_ns // 1_000_000_000


def _small(descriptor: int, size: int, algorithms: Sequence[str]) -> bytes:
    """Nearly always one read; one byte more than the size is asked for, so that growth shows."""
    data = os.read(descriptor, size + 1)
    while len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    if len(data) != size:
        raise Changed
    if len(algorithms) == 1 and algorithms[0] == "sha256":
        return hashlib.sha256(data).digest()
    return b"".join([hashlib.new(name, data).digest() for name in algorithms])


def _large(
    descriptor: int, size: int, algorithms: Sequence[str], advance: Callable[[int], None] | None
) -> bytes:
    """One buffer for the whole file. A mapping would be faster, and deadly when it shrinks."""
    states = [hashlib.new(name) for name in algorithms]
    buffer = memoryview(bytearray(_BUFFER))
    left = size
    with open(descriptor, "rb", buffering=0, closefd=False) as stream:
        # A file that grows as fast as it is read must not be read for ever.
        while left >= 0 and (count := stream.readinto(buffer)):
            for state in states:
                state.update(buffer[:count])
            left -= count
            if advance is not None:
                advance(count)
    if left:
        raise Changed
    return b"".join([state.digest() for state in states])


def send(stream: BinaryIO, message: bytes) -> None:
    """One message, its length first, to a stream with or without a buffer."""
    left = memoryview(_LENGTH.pack(len(message)) + message)
    while left:
        left = left[stream.write(left) :]
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """The next message, or None where the other side is gone."""
    head = _exactly(stream, _LENGTH.size)
    return None if head is None else _exactly(stream, _LENGTH.unpack(head)[0])


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            return None
        data += more
    return data


def serve(requests: BinaryIO, answers: BinaryIO, algorithms: Sequence[str]) -> None:
    """Answer each list of paths (NUL between them) with their rows; with nothing where any of
    them failed, so that the asker tries itself and meets the error itself."""
    row = row_format([hashlib.new(name).digest_size for name in algorithms])
    while (request := receive(requests)) is not None:
        try:
            rows = [row.pack(*one_pass(path, algorithms)) for path in request.split(b"\0")]
        except Exception:  # noqa: BLE001 whatever it is, the asker meets it too and reports it
            rows = []
        send(answers, b"".join(rows))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1:])
