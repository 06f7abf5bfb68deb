"""What was so from one entry to another, and may have been so again (pure)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)
LATER: Final = 1 << 62
"""The entry of what is not entered yet: behind all that are."""


class Tenures(Generic[T]):
    """For each of some things, from which entry to which it held; the last one is not in it."""

    def __init__(self) -> None:
        self._spans: dict[T, list[tuple[int, int | None]]] = {}

    def copy(self) -> Tenures[T]:
        """One that changes by itself."""
        other = Tenures[T]()
        other._spans = {one: list(spans) for one, spans in self._spans.items()}
        return other

    def begin(self, one: T, entry: int) -> None:
        """It holds from an entry on; nothing changes where it does already."""
        spans = self._spans.setdefault(one, [])
        if not spans or spans[-1][1] is not None:
            spans.append((entry, None))

    def end(self, one: T, entry: int) -> None:
        """It ends with an entry; nothing changes where it does not hold."""
        spans = self._spans.get(one)
        if spans and spans[-1][1] is None:
            spans[-1] = spans[-1][0], entry

    def __iter__(self) -> Iterator[T]:
        """All that ever held."""
        return iter(self._spans)

    def covers(self, one: T, entry: int) -> bool:
        """Whether it held at an entry."""
        spans = self._spans.get(one, ())
        return any(first <= entry and (end is None or entry < end) for first, end in spans)

    def at(self, entry: int) -> Iterator[T]:
        """All that held at an entry."""
        return (one for one in self._spans if self.covers(one, entry))
