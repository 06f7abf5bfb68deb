"""Which files a walk finds, how it calls them, and what it refuses to follow."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.files.walk import find_files, survey
from evidence_ledger.errors import FileUnreadable, NotARegularFile, UsageError


def put(root: Path, *names: str | bytes) -> None:
    for name in names:
        path = os.path.join(os.fsencode(root), os.fsencode(name))  # noqa: PTH118 names are bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 names are bytes
        Path(os.fsdecode(path)).write_bytes(path)


def names(*paths: Path | str | bytes, skip_special: bool = False) -> list[bytes]:
    return [found.name for found in find_files(paths, skip_special=skip_special)]


def test_names_begin_with_the_folder_that_was_given(tmp_path: Path) -> None:
    put(tmp_path, "case/docs/a.txt", "case/docs/deep/b.txt")
    assert names(tmp_path / "case" / "docs") == [b"docs/a.txt", b"docs/deep/b.txt"]
    assert names(f"{tmp_path}/case/docs/") == [b"docs/a.txt", b"docs/deep/b.txt"]
    assert names(tmp_path / "case" / "docs" / "a.txt") == [b"a.txt"]


def test_the_current_folder_adds_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.txt", "deep/b.txt")
    monkeypatch.chdir(tmp_path / "deep")
    assert names(".") == [b"b.txt"]
    assert names("..") == [os.fsencode(tmp_path.name) + end for end in (b"/a.txt", b"/deep/b.txt")]


def test_order_is_bytewise_over_whole_names(tmp_path: Path) -> None:
    put(tmp_path, "d/a/x", "d/a-b", "d/a.txt", "d/a0", "d/A", "d/b/c/d", "d/b/c.d")
    found = names(tmp_path / "d")
    assert found == sorted(found)
    assert found.index(b"d/a-b") < found.index(b"d/a/x") < found.index(b"d/a0")


def test_the_order_of_the_arguments_does_not_matter(tmp_path: Path) -> None:
    put(tmp_path, "d/a", "d/b", "e/a", "z")
    paths = [tmp_path / "d", tmp_path / "e", tmp_path / "z", tmp_path / "d" / "b"]
    assert names(*paths) == names(*reversed(paths)) == [b"d/a", b"d/b", b"e/a", b"z"]


def test_a_file_given_several_times_comes_once(tmp_path: Path) -> None:
    put(tmp_path, "d/a", "d/deep/b")
    again = f"{tmp_path}/d/../d/deep/../a"
    assert names(tmp_path / "d", again, tmp_path / "d" / "deep", tmp_path / "d") == [
        b"d/a",
        b"d/deep/b",
    ]


def test_names_that_are_not_utf8_are_kept_as_they_are(tmp_path: Path) -> None:
    odd = b"\xff\xfe\n\x1b[31m\xe2\x80\xae.txt"
    put(tmp_path, b"d/" + odd)
    found = list(find_files([tmp_path / "d"]))
    assert [file.name for file in found] == [b"d/" + odd]
    assert Path(os.fsdecode(found[0].path)).read_bytes().endswith(odd)


@given(st.sets(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=4).map(tuple)))
def test_every_file_is_found_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, tree: set[tuple[bytes, ...]]
) -> None:
    root = tmp_path_factory.mktemp("tree") / "r"
    root.mkdir()
    made = set()
    for parts in tree:
        clean = [
            part.replace(b"/", b"_").replace(b"\0", b"_").strip(b".") or b"_" for part in parts
        ]
        # Folders and files get different endings, so that no name is both.
        name = b"/".join([part + b"d" for part in clean[:-1]] + [clean[-1] + b"f"])
        put(root, name)
        made.add(b"r/" + name)
    assert names(root) == sorted(made)
    if made:
        assert survey([root]).files == len(made)


def special(tmp_path: Path) -> Path:
    """A folder with one file and one of each thing that is none."""
    folder = tmp_path / "s"
    put(folder, "file")
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("nothing")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
    return folder


def test_special_files_are_refused_by_name(tmp_path: Path) -> None:
    folder = special(tmp_path)
    with pytest.raises(NotARegularFile) as caught:
        survey([folder])
    for name in ("dangling", "link", "loop", "pipe", "socket"):
        assert str(folder / name) in str(caught.value)
    with pytest.raises(NotARegularFile):
        names(folder)


def test_special_files_are_left_out_on_request(tmp_path: Path) -> None:
    folder = special(tmp_path)
    assert names(folder, skip_special=True) == [b"s/file"]
    left_out = survey([folder], skip_special=True)
    assert left_out.files == 1
    assert [os.path.basename(path) for path in left_out.special] == [  # noqa: PTH119 names are bytes
        b"dangling",
        b"link",
        b"loop",
        b"pipe",
        b"socket",
    ]


def test_a_link_given_by_name_is_refused(tmp_path: Path) -> None:
    folder = special(tmp_path)
    with pytest.raises(NotARegularFile, match="link"):
        survey([folder / "link"])


def test_many_special_files_are_counted(tmp_path: Path) -> None:
    for number in range(25):
        (tmp_path / f"link{number:02}").symlink_to("x")
    with pytest.raises(NotARegularFile, match=r"^25 of these") as caught:
        survey([tmp_path])
    assert "link19 and 5 more" in str(caught.value)


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_a_path_that_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(FileUnreadable, match="names nothing"):
        names(path)


def test_a_missing_path_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"gone\.txt"):
        survey([tmp_path / "gone.txt"])


def test_a_folder_without_files_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(UsageError, match="no file"):
        survey([tmp_path])


def test_an_unreadable_folder_is_never_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "d/a", "d/secret/b")
    real = os.scandir

    def guarded(path: bytes) -> os._ScandirIterator[bytes]:
        if path.endswith(b"secret"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    # Tests may run as root, for whom no folder is unreadable.
    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(FileUnreadable, match=r"you may not access it.*secret"):
        survey([tmp_path / "d"])
    with pytest.raises(FileUnreadable, match=r"you may not access it.*secret"):
        names(tmp_path / "d")


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders in each other: a path of 3,000 bytes, within the 4,096 that Linux takes."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    yield tmp_path
    # Python's own way to remove folders recurses, and would fail for all tests that follow.
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


def test_folders_may_be_deeper_than_the_recursion_limit(deep: Path) -> None:
    with pytest.raises(UsageError):
        survey([deep])
    assert names(deep) == []
