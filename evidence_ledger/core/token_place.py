"""Where the first token of a strand of renewals is: beside a seal, or beside a deposited file."""

from __future__ import annotations

from typing import NamedTuple


class SealPlace(NamedTuple):
    """A token of seal number ``seal``, at ``position`` among its tokens."""

    seal: int
    position: int


class FilePlace(NamedTuple):
    """The token of ``authority`` over file ``file/N`` of an entry itself; ``file`` is N."""

    entry: int
    file: int
    authority: str


Place = SealPlace | FilePlace
