"""A ledger for commands, and a way to run them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger_cli.session import run
from tests.blank_ledger import blank_home


class Answer(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Run = Callable[..., Answer]
T = TypeVar("T")


class Kept:
    """What a fixture makes in a folder: made for the first test of a module, copied for others."""

    def __init__(self, template: Path) -> None:
        self._template = template
        self._told: list[Any] = []

    def once(self, folder: Path, make: Callable[[], T]) -> T:
        """What ``make`` told when it filled ``folder``, which is now filled so."""
        if self._told:
            shutil.copytree(self._template, folder, dirs_exist_ok=True)
        else:
            self._told.append(make())
            shutil.copytree(folder, self._template)
        told: T = self._told[0]
        return told


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """For what several tests of a module begin with."""
    return Kept(tmp_path_factory.mktemp("kept") / "template")


@pytest.fixture
def evidence(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``evidence`` with some arguments in this process."""

    def command(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        return Answer(code, *capsys.readouterr())

    return command


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a fresh ledger in ``ledger`` and the files of a case in ``case``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVIDENCE_HOME", str(tmp_path / "ledger"))
    case = tmp_path / "case"
    case.mkdir()
    (case / "lease.txt").write_text("the lease")
    (case / "合同.pdf").write_bytes(b"%PDF-")
    (case / "trick\u202efdp.exe").write_bytes(b"MZ")
    blank_home(Home(tmp_path / "ledger"))
    return tmp_path
