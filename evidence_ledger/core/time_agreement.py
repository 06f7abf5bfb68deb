"""Whether clocks agree, as far as their timestamps tell.

A timestamp means any moment within its accuracy (RFC 3161, section 2.4.2). Where an authority
states none, a second is taken, since genTime need have no fraction of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=1)
"""The accuracy of a timestamp that states none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Whose clock, and the earliest and latest moment that it can mean.

    The moments are offsets from any one moment that all readings share.
    """

    name: str
    earliest: timedelta
    latest: timedelta


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two clocks that can't both be right: the ``ahead`` is so far from the ``behind``."""

    behind: str
    ahead: str
    apart: timedelta

    def to_json(self) -> dict[str, object]:
        """The disagreement as JSON values."""
        return {"behind": self.behind, "ahead": self.ahead, "seconds": self.apart.total_seconds()}


def reading(
    name: str, moment: datetime, accuracy: timedelta | None, since: datetime, until: datetime
) -> Reading:
    """A clock that said ``moment`` at some time between ``since`` and ``until`` of another clock:
    how far it is ahead of that one.
    """
    margin = TOLERANCE if accuracy is None else accuracy
    return Reading(name, moment - margin - until, moment + margin - since)


def disagreement(readings: Sequence[Reading]) -> Disagreement | None:
    """The two that are furthest apart, or None where all of them can be right."""
    if not readings:
        return None
    behind = min(readings, key=lambda one: one.latest)
    ahead = max(readings, key=lambda one: one.earliest)
    apart = ahead.earliest - behind.latest
    return Disagreement(behind.name, ahead.name, apart) if apart > timedelta(0) else None
