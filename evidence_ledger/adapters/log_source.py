"""Where a tiled log is read: a folder, or an HTTP server (C2SP tlog-tiles).

Only LogUnreachable escapes. What comes back is not verified: ``core.log_audit`` does that.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.file_errors import why
from evidence_ledger.adapters.http_address import told_address
from evidence_ledger.adapters.no_answer import no_answer
from evidence_ledger.adapters.time_limit import within
from evidence_ledger.core.note import LARGEST_NOTE
from evidence_ledger.core.tile import LARGEST_BUNDLE, LARGEST_TILE, TilePath
from evidence_ledger.errors import FormatError, LogUnreachable

if TYPE_CHECKING:
    import httpx

SECONDS_WITHOUT_BYTES = 15.0
SECONDS_A_FILE = 120.0
MOST_REDIRECTS = 3

_GZIP = zlib.MAX_WBITS | 16


class DirectorySource:
    """A log in a folder, laid out as the paths say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> bytes:
        """The file ``checkpoint``. Raises LogUnreachable."""
        return self._read("checkpoint", LARGEST_NOTE)

    def tile(self, path: str) -> bytes:
        """The file of a tile or bundle. Raises LogUnreachable."""
        return self._read(path, _limit(path))

    def _read(self, path: str, limit: int) -> bytes:
        file = self._folder / path
        try:
            if file.exists() and not file.is_file():
                raise LogUnreachable("A file of the log is not a regular file.", where=path)
            with file.open("rb") as opened:
                data = opened.read(limit + 1)
        except (OSError, ValueError) as error:
            reason = why(error) if isinstance(error, OSError) else "its name is none"
            raise LogUnreachable(
                f"A file of the log could not be read: {reason}.", where=str(file)
            ) from error
        return _within(data, limit, path)


class HttpSource:
    """A log below an http or https address. Close it, or use it in ``with``."""

    def __init__(self, url: str) -> None:
        self._prefix = url.rstrip("/") + "/"
        if not self._prefix.lower().startswith(("http://", "https://")):
            raise LogUnreachable(
                "The log's address is not http or https.",
                where=told_address(url),
                hint="Write it like https://ledger.example/",
            )
        self._client = _client()

    def __enter__(self) -> HttpSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def checkpoint(self) -> bytes:
        """The body of ``/checkpoint``. Raises LogUnreachable."""
        return self._get("checkpoint", LARGEST_NOTE)

    def tile(self, path: str) -> bytes:
        """The body of a tile or bundle, decompressed. Raises LogUnreachable."""
        return self._get(path, _limit(path))

    def _get(self, path: str, limit: int) -> bytes:
        import httpx

        address, client = self._prefix + path, self._client
        try:
            data = within(
                SECONDS_A_FILE,
                lambda: _asked(client, address, limit),
                lambda: self._break_off(client),
            )
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            OSError,
            ValueError,
            RuntimeError,  # The connections were closed meanwhile, by ``_break_off``.
            zlib.error,
        ) as error:
            raise LogUnreachable(
                f"The log did not answer: {no_answer(error)}.", where=told_address(address)
            ) from error
        return _within(data, limit, told_address(address))

    def _break_off(self, client: httpx.Client) -> None:
        """What else is asked for over these connections fails too, and is asked for again later."""
        if self._client is client:
            self._client = _client()
        client.close()


def _client() -> httpx.Client:
    import httpx

    return httpx.Client(
        timeout=SECONDS_WITHOUT_BYTES,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        headers={"Accept-Encoding": "gzip, identity"},
    )


def _asked(client: httpx.Client, address: str, limit: int) -> bytes:
    with client.stream("GET", address) as response:
        _check_status(response, address)
        return _body(response, limit)


def _check_status(response: httpx.Response, address: str) -> None:
    if response.status_code != 200:
        raise LogUnreachable(
            f"The log answered {response.status_code}.", where=told_address(address)
        )
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise LogUnreachable(
            f"The log answered in the encoding {encoding[:20]}.", where=told_address(address)
        )


def _body(response: httpx.Response, limit: int) -> bytes:
    chunks = response.iter_raw()
    if response.headers.get("content-encoding", "identity").strip().lower() == "gzip":
        return _gunzip(chunks, limit)
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            break
    return bytes(data)


def _gunzip(chunks: Iterator[bytes], limit: int) -> bytes:
    """At most ``limit + 1`` bytes, however far a hostile server's answer would expand."""
    unpacker, data = zlib.decompressobj(_GZIP), bytearray()
    for chunk in chunks:
        data += unpacker.decompress(chunk, limit + 1 - len(data))
        if len(data) > limit:
            return bytes(data)
        if unpacker.unused_data:
            raise zlib.error("bytes after the gzip stream")
    if not unpacker.eof:
        raise zlib.error("the gzip stream is cut short")
    return bytes(data)


def _limit(path: str) -> int:
    try:
        return LARGEST_BUNDLE if TilePath.parse(path).level is None else LARGEST_TILE
    except FormatError as error:
        raise LogUnreachable("A log has no such file.", where=path) from error


def _within(data: bytes, limit: int, where: str) -> bytes:
    if len(data) > limit:
        raise LogUnreachable(f"A file of the log has more than {limit} bytes.", where=where)
    return data
