"""``Retry-After`` (RFC 9110, section 10.2.3): how long a server asks to be left alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def seconds_in(headers: Mapping[str, str]) -> float | None:
    """Seconds from the answer's own ``Date`` to the moment asked for; None where none is told."""
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        told = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, told.total_seconds())
