"""Addresses of servers: as people type them, as they go over the wire, as messages tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evidence_ledger.errors import UsageError

if TYPE_CHECKING:
    import httpx

_MOST_PORT = 65535


def typed_address(text: str) -> str:
    """The address of a server in ASCII, without a last slash. Raises UsageError."""
    url = require_address(text)
    if url.query or url.fragment:
        raise _none(text)
    user = url.userinfo.decode() + "@" if url.userinfo else ""
    place = url.netloc.decode() + url.raw_path.decode()
    return f"{url.scheme}://{user}{place}".rstrip("/")


def require_address(text: str) -> httpx.URL:
    """What is meant by an address that is used as it stands. Raises UsageError."""
    import httpx

    try:
        urlsplit(text)
        url = httpx.URL(text)
        whole = text.isprintable() and " " not in text
        port = url.port or 0
    except (httpx.InvalidURL, ValueError):
        raise _none(text) from None
    if not whole or url.scheme not in ("http", "https") or not url.host or port > _MOST_PORT:
        raise _none(text)
    return url


def told_address(url: str) -> str:
    """The address for a message: a user's name and password in it are nobody's business."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return url.rpartition("@")[2]
    if not parts.netloc:
        return url.rpartition("@")[2]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _none(text: str) -> UsageError:
    return UsageError(
        "This is no http or https address of a server.",
        where=told_address(text) or None,
        hint="Write it like https://ledger.example",
    )
