"""A ledger for commands, and a way to run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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
