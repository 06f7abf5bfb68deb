"""An inclusion proof on one line: the leaf's place and the hashes on its way to the root.

4 mT5Pm…Q= 0aXv…8=          (RFC 9162, section 2.1.3; standard base64, single spaces)
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from evidence_ledger.core import canonical
from evidence_ledger.errors import FormatError

LONGEST_PATH = 64
LARGEST = 24 + 45 * LONGEST_PATH


def encode(index: int, hashes: Sequence[bytes]) -> bytes:
    """The line, newline included."""
    texts = (base64.b64encode(one).decode() for one in hashes)
    return " ".join((str(index), *texts)).encode() + b"\n"


def parse(line: bytes, where: str) -> tuple[int, tuple[bytes, ...]]:
    """The place and the hashes in a line without its newline. Raises FormatError."""
    try:
        index, *hashes = line.decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise FormatError("certificate.paths", "A line is not ASCII.", where=where) from error
    path = tuple(canonical.base64_bytes(text, where=where) for text in hashes)
    if len(path) > LONGEST_PATH or any(len(one) != 32 for one in path):
        raise FormatError("certificate.paths", "A path is too long or no hashes.", where=where)
    return canonical.decimal(index, where=where), path
