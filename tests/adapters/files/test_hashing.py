"""Many files by one process or two: the same results in the same order, come what may."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.adapters.files import hashing, helper
from evidence_ledger.adapters.files.hashed import HashedFile, media_type, moment
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.files.one_pass import Changed
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.errors import FileChanged, FileUnreadable, NotARegularFile
from tests.adapters.files.test_reading import Count


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """300 small files and a large one, with thresholds that let the helper start at once."""
    monkeypatch.setattr(hashing, "_ALONE_FILES", 1)
    monkeypatch.setattr(hashing, "_BATCH_FILES", 8)
    root = tmp_path / "t"
    for number in range(300):
        path = root / f"d{number % 7}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number * number)
    (root / "large").write_bytes(b"large" * 100_000)
    return root


def assert_right(root: Path, results: list[HashedFile]) -> None:
    assert [file.name for file in results] == sorted(file.name for file in results)
    assert len(results) == 301
    for file in results:
        data = (root.parent / file.name.decode()).read_bytes()
        assert file.fingerprint.sha256 == hashlib.sha256(data).digest()
        assert file.fingerprint.size == len(data)


@pytest.mark.parametrize("processes", [1, 2])
def test_all_files_in_order(tree: Path, processes: int) -> None:
    count = Count()
    results = list(hash_files([tree], processes=processes, progress=count))
    assert_right(tree, results)
    assert count.files == 301
    assert count.size == sum(file.fingerprint.size or 0 for file in results)


def test_two_processes_agree_with_one_on_all_digests(tree: Path) -> None:
    one, two = (list(hash_files([tree], Algorithm, processes=count)) for count in (1, 2))
    assert one == two
    assert list(two[0].fingerprint.digests) == list(Algorithm)


def test_the_helper_really_hashes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []
    real = helper.Helper._fill

    def noted(self: helper.Helper, batch: helper.Batch, message: bytes) -> None:
        real(self, batch, message)
        filled.append(batch)

    monkeypatch.setattr(helper.Helper, "_fill", noted)
    assert_right(tree, list(hash_files([tree])))
    assert filled
    assert not any(batch.refused for batch in filled)


def test_a_helper_that_dies_is_not_missed(tree: Path) -> None:
    stream = hash_files([tree])
    results = [next(stream)]
    frame = stream.gi_frame  # type: ignore[attr-defined]  # a generator, seen through Iterator
    for file in stream:
        work = frame.f_locals["work"]
        if work._helper is not None and work._helper._process is not None:
            os.kill(work._helper._process.pid, signal.SIGKILL)
        results.append(file)
    assert_right(tree, results)


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false", "/bin/cat", ""])
def test_a_helper_that_cannot_work_is_not_missed(
    tree: Path, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert_right(tree, list(hash_files([tree])))


def test_stopping_early_ends_the_helper(tree: Path) -> None:
    stream = hash_files([tree])
    for _ in range(50):
        next(stream)
    frame = stream.gi_frame  # type: ignore[attr-defined]  # a generator, seen through Iterator
    process = frame.f_locals["work"]._helper._process
    stream.close()  # type: ignore[attr-defined]  # likewise
    assert process.returncode is not None


@pytest.mark.parametrize("processes", [1, 2])
def test_the_first_file_that_fails_is_the_one_told(tree: Path, processes: int) -> None:
    stream = hash_files([tree], processes=processes)
    next(stream)
    (tree / "d0" / "77.txt").unlink()
    (tree / "d0" / "98.txt").unlink()
    with pytest.raises(FileUnreadable, match=r"d0/77\.txt"):
        list(stream)


def test_files_that_come_or_go_after_the_first_look_are_told(tree: Path) -> None:
    for deed in ((tree / "d6" / "6.txt").unlink, (tree / "d6" / "new").touch):
        stream = hash_files([tree], processes=1)
        next(stream)
        deed()
        with pytest.raises(FileChanged, match="came or went"):
            list(stream)


def test_special_files_stop_it_before_anything_is_hashed(tree: Path) -> None:
    (tree / "zlink").symlink_to("large")
    count = Count()
    with pytest.raises(NotARegularFile):
        next(hash_files([tree], progress=count))
    assert count.files == 0
    assert_right(tree, list(hash_files([tree], skip_special=True)))


def test_a_file_changed_in_the_helper_is_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The helper's empty answer makes the asker look itself, and find the change."""

    def changed(*_: object) -> object:
        raise Changed

    def refuse(_: helper.Helper, batch: helper.Batch, __: bytes) -> None:
        batch.refused = True

    stream = hash_files([tree])
    next(stream)
    monkeypatch.setattr("evidence_ledger.adapters.files.reading.one_pass", changed)
    monkeypatch.setattr(helper.Helper, "_fill", refuse)
    with pytest.raises(FileChanged):
        list(stream)


def test_what_a_folder_says_about_a_file(tmp_path: Path) -> None:
    path = tmp_path / "Photo.JPG"
    path.write_bytes(b"x")
    os.utime(path, (0, 1_700_000_000.75))
    (file,) = hash_files([path])
    assert file.modified == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert file.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"a.txt", "text/plain"),
        (b"d.txt/a", None),
        (b".txt", None),
        (b"d/.txt", None),
        (b"a", None),
        (b"a.", None),
        (b"a.\xff", None),
        (b"a.b.pdf", "application/pdf"),
        (b"a.nosuchsuffix", None),
    ],
)
def test_media_types(name: bytes, expected: str | None) -> None:
    assert media_type(name) == expected


def test_moments_outside_the_calendar_are_left_out() -> None:
    assert moment(-1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert moment(2**62) is None
    assert moment(-(2**62)) is None


def test_a_killed_asker_leaves_no_helper_behind(tree: Path) -> None:
    code = (
        "import sys, time\n"
        "from evidence_ledger.adapters.files import hashing\n"
        "hashing._ALONE_FILES, hashing._BATCH_FILES = 1, 8\n"
        "stream = hashing.hash_files([sys.argv[1]])\n"
        "for _ in range(20): next(stream)\n"
        "print(stream.gi_frame.f_locals['work']._helper._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, tree], stdout=subprocess.PIPE) as asker:
        assert asker.stdout is not None
        helper_pid = int(asker.stdout.readline())
        assert is_running(helper_pid)
        asker.kill()
    deadline = time.monotonic() + 20
    while is_running(helper_pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(helper_pid)


def is_running(pid: int) -> bool:
    """Whether there is such a process that is not just waiting to be buried."""
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
