"""Numbers in sentences: one entry, two entries."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """``number`` with its noun, such as ``1 file`` and ``1,200 files``.

    ``many`` is the plural, where it is not ``one`` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
