"""The fingerprint of one file, judged by openssl, and files that won't hold still."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from evidence_ledger.adapters.files.reading import digest_file, fingerprint_file
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.errors import FileChanged, FileUnreadable, NotARegularFile, UsageError

SIZES = [0, 1, 55, 64, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_003]
OPENSSL_NAMES = {"sha256": "sha256", "sha512": "sha512", "sha3_256": "sha3-256", "sm3": "sm3"}


class Count:
    """Adds up what progress is told."""

    def __init__(self) -> None:
        self.files = self.size = 0

    def advance(self, files: int, size: int) -> None:
        self.files += files
        self.size += size


def filled(path: Path, size: int) -> Path:
    path.write_bytes((bytes(range(251)) * (size // 251 + 1))[:size])
    return path


@pytest.mark.parametrize("size", SIZES)
def test_openssl_gives_the_same_digests(tmp_path: Path, size: int) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = filled(tmp_path / "file", size)
    count = Count()
    fingerprint = fingerprint_file(path, Algorithm, progress=count)
    for name, digest in fingerprint.digests.items():
        line = subprocess.check_output(["openssl", "dgst", "-r", f"-{OPENSSL_NAMES[name]}", path])
        assert line.split()[0].decode() == digest.hex()
    assert (fingerprint.size, count.files, count.size) == (size, 1, size)
    assert list(fingerprint.digests) == list(Algorithm)


@pytest.mark.parametrize("size", [10, 100_000])
def test_any_one_digest(tmp_path: Path, size: int) -> None:
    path = filled(tmp_path / "file", size)
    for name in ("sha1", "sha384", "sha512"):
        assert digest_file(path, name) == hashlib.new(name, path.read_bytes()).digest()
    with pytest.raises(UsageError, match="nosuch"):
        digest_file(path, "nosuch")


def test_sha256_comes_without_being_asked_for(tmp_path: Path) -> None:
    path = filled(tmp_path / "file", 10)
    assert set(fingerprint_file(path, [Algorithm.SM3]).digests) == {
        Algorithm.SHA256,
        Algorithm.SM3,
    }
    assert fingerprint_file(os.fsencode(path)).sha256 == fingerprint_file(str(path)).sha256


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    filled(tmp_path / "file", 10)
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(NotARegularFile, match="link"):
        fingerprint_file(tmp_path / "link")


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotARegularFile, match="pipe"):
        fingerprint_file(tmp_path / "pipe")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(NotARegularFile):
        fingerprint_file(tmp_path)


def test_a_vanished_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"no such file.*gone"):
        fingerprint_file(tmp_path / "gone")


class Meddler:
    """Does something to the file at the first part that is read."""

    def __init__(self, deed: object) -> None:
        self._deed = deed
        self._done = False

    def advance(self, *_: int) -> None:
        if not self._done and callable(self._deed):
            self._done = True
            self._deed()


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def rewrite(path: Path) -> None:
    """Other bytes, the same size, and the old modification time put back."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def shrink(path: Path) -> None:
    os.truncate(path, 300_000)


@pytest.mark.parametrize("deed", [grow, rewrite, shrink])
def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, deed: object) -> None:
    path = filled(tmp_path / "busy.log", 1_000_000)
    assert callable(deed)
    with pytest.raises(FileChanged, match=r"busy\.log"):
        fingerprint_file(path, progress=Meddler(lambda: deed(path)))


@pytest.mark.parametrize("size", [5, 15])
def test_a_small_file_of_another_size_than_the_system_said_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = filled(tmp_path / "busy", 10)
    real = os.read

    def meddling(descriptor: int, count: int) -> bytes:
        os.truncate(path, size)
        return real(descriptor, count)

    monkeypatch.setattr(os, "read", meddling)
    with pytest.raises(FileChanged):
        fingerprint_file(path)


def test_short_reads_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "file", 1000)
    expected = fingerprint_file(path)
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: real(descriptor, min(count, 7)))
    assert fingerprint_file(path) == expected


def test_a_file_that_grows_without_end_ends(tmp_path: Path) -> None:
    path = filled(tmp_path / "endless.log", 600_000)

    class Appender:
        def advance(self, *_: int) -> None:
            with path.open("ab") as stream:
                stream.write(b"x" * 300_000)

    result: list[BaseException] = []

    def attempt() -> None:
        try:
            fingerprint_file(path, progress=Appender())
        except FileChanged as error:
            result.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(20)
    assert len(result) == 1


def test_a_medium_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "file", 10)

    def failing(*_: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", failing)
    with pytest.raises(FileUnreadable, match="the disk reports an error"):
        fingerprint_file(path)
