"""This machine's clock and generator of unpredictable bytes."""

from __future__ import annotations

import os
from datetime import UTC, datetime


class SystemClock:
    """The Clock port on the operating system's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place where the clock is read


class SystemEntropy:
    """The Entropy port on the operating system's generator."""

    def take(self, count: int) -> bytes:
        """``count`` unpredictable bytes."""
        return os.urandom(count)
