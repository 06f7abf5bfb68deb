"""A file as a deposit sees it: its name, its fingerprint, and what its folder says about it."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from evidence_ledger.core.digest import Fingerprint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HashedFile(NamedTuple):
    """``name`` is the file system's own bytes with "/" between folders; ``modified`` is UTC in
    whole seconds, None outside the years 1 to 9999; ``media_type`` is guessed from the suffix.
    A tuple, because a deposit makes hundreds of thousands of them."""

    name: bytes
    fingerprint: Fingerprint
    modified: datetime | None
    media_type: str | None


def moment(seconds: int) -> datetime | None:
    """A count of seconds since 1970 as UTC."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None


def media_type(name: bytes) -> str | None:
    """The media type that a name's suffix stands for, the same on every machine; else None."""
    dot = name.rfind(b".")
    return _media_type_of(name[dot:].lower()) if dot > name.rfind(b"/") + 1 else None


@lru_cache(maxsize=512)
def _media_type_of(suffix: bytes) -> str | None:
    # The table in the library, not the one in /etc: names must not mean other things elsewhere.
    try:
        return _table().get(suffix.decode("ascii"))
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    return mimetypes.MimeTypes().types_map[True]
