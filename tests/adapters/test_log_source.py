"""Reading logs from a folder and over HTTP: caps, and one kind of error."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from evidence_ledger.adapters.log_source import DirectorySource, HttpSource
from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tile import LARGEST_BUNDLE, LARGEST_TILE
from evidence_ledger.errors import LogUnreachable
from tests.small_log import LOG, SmallLog

SMALL = SmallLog([b"entry %d" % n for n in range(300)])
BUNDLE = SMALL.files["tile/entries/000"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in SMALL.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_folder_is_audited(folder: Path) -> None:
    assert audit_log(DirectorySource(folder), [LOG.verifier]).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "path", ["../secret", "tile/../../secret", "/etc/passwd", "tile/0/000\0", "", "checkpoint"]
)
def test_only_paths_of_tiles_are_read(folder: Path, path: str) -> None:
    with pytest.raises(LogUnreachable):
        DirectorySource(folder).tile(path)


def test_a_missing_an_endless_and_an_irregular_file_are_refused(folder: Path) -> None:
    source = DirectorySource(folder)
    (folder / "tile/0/000").write_bytes(bytes(LARGEST_TILE + 1))
    (folder / "tile/0/002").mkdir()
    os.mkfifo(folder / "tile/0/003")
    for name in ("tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003"):
        with pytest.raises(LogUnreachable):
            source.tile(name)


class Handler(BaseHTTPRequestHandler):
    """Serves SMALL below /log/, and hostile answers beside it."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/log/")
        answers = {
            "/gzip/tile/entries/000": (gzip.compress(BUNDLE), "gzip"),
            "/plain/tile/entries/000": (BUNDLE, "identity"),
            "/bomb/tile/entries/000": (gzip.compress(bytes(LARGEST_BUNDLE * 4)), "gzip"),
            "/cut/tile/entries/000": (gzip.compress(BUNDLE)[:-9], "gzip"),
            "/tail/tile/entries/000": (gzip.compress(BUNDLE) + b"more", "gzip"),
            "/notgzip/tile/entries/000": (BUNDLE, "gzip"),
            "/brotli/tile/entries/000": (BUNDLE, "br"),
            "/large/tile/0/000": (bytes(LARGEST_TILE + 1), "identity"),
        }
        if name in SMALL.files:
            self._answer(200, SMALL.files[name], "identity")
        elif self.path in answers:
            self._answer(200, *answers[self.path])
        elif self.path.startswith("/loop/"):
            self._answer(302, b"", "identity")
        elif self.path.startswith("/short/"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x")
        else:
            self._answer(404, b"", "identity")

    def _answer(self, status: int, body: bytes, encoding: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Encoding", encoding)
        if status == 302:
            self.send_header("Location", self.path)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_server_is_audited(address: str, slash: str) -> None:
    with HttpSource(f"{address}/log{slash}") as source:
        assert audit_log(source, [LOG.verifier]).verdict is Verdict.PASSED


@pytest.mark.parametrize("name", ["gzip", "plain"])
def test_bundles_come_compressed_or_plain(address: str, name: str) -> None:
    with HttpSource(f"{address}/{name}") as source:
        assert source.tile("tile/entries/000") == BUNDLE


@pytest.mark.parametrize(
    "name", ["bomb", "cut", "tail", "notgzip", "brotli", "loop", "short", "missing"]
)
def test_a_hostile_answer_is_unreachable(address: str, name: str) -> None:
    with HttpSource(f"{address}/{name}") as source, pytest.raises(LogUnreachable):
        source.tile("tile/entries/000")


def test_an_endless_tile_is_unreachable(address: str) -> None:
    with HttpSource(f"{address}/large") as source, pytest.raises(LogUnreachable):
        source.tile("tile/0/000")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1", "http://127.0.0.1:99999"])
def test_a_server_that_is_not_there_is_unreachable(url: str) -> None:
    with HttpSource(url) as source, pytest.raises(LogUnreachable):
        source.checkpoint()


@pytest.mark.parametrize("url", ["file:///etc", "ftp://a", "log.example", "http://", ""])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(LogUnreachable):
        HttpSource(url)
