"""``evidence erase``: asks, says what stays, and every other command then gives a clear answer."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from tests.cli.conftest import Run

ERASE = ("erase", "0", "--reason", "Art. 17 GDPR")


@pytest.fixture
def deposited(desk: Path, evidence: Run) -> Path:
    """The case deposited, its certificate in ``case.asice``."""
    assert evidence("deposit", "case", "--case", "2026-1", "--out", "case.asice").code == 0
    return desk


def test_after_an_erasure_every_command_says_what_is_gone(deposited: Path, evidence: Run) -> None:
    file = next(path for path in sorted((deposited / "case").rglob("*")) if path.is_file())
    assert evidence("find", file).code == 0
    done = evidence(*ERASE, "--yes", "--json").document
    assert (done["erased"], done["files_clean"]) == ([0], True)
    assert evidence("show", "0", "--json").document["erased"] is True
    assert evidence("show", done["index"], "--json").document["refs"] == [0]
    assert evidence("list", "--json").document["entries"][0]["erased"] is True
    assert evidence("find", file).code == 29
    exported = evidence("export", "0", "--out", "again.asice")
    assert (exported.code, (deposited / "again.asice").exists()) == (36, False)
    assert "erased" in exported.err
    assert evidence("verify", "case.asice", "--policy", "ledger/trust.toml").code == 0
    assert evidence("audit").code == 0
    assert evidence("seal").code == 0
    assert evidence("audit", "--json").document["facts"]["erased"] == 1


def test_the_same_command_again_changes_nothing(deposited: Path, evidence: Run) -> None:
    evidence(*ERASE, "--yes")
    size = evidence("list", "--json").document["size"]
    again = evidence(*ERASE, "--yes")
    assert (again.code, "already" in again.out) == (0, True)
    assert evidence("list", "--json").document["size"] == size


def test_it_asks_first(deposited: Path, evidence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    asked = evidence(*ERASE)
    assert asked.code == 0
    assert "stay valid for ever" in asked.err
    assert evidence("show", "0", "--json").document["erased"] is False


def test_what_is_not_sealed_is_sealed_first(deposited: Path, evidence: Run) -> None:
    size = evidence("list", "--json").document["size"]
    (deposited / "new.txt").write_text("new")
    evidence("deposit", "new.txt", "--out", "new.asice", "--no-seal")
    assert evidence("erase", size, "--reason", "x", "--yes", "--as-operator").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("erase", "1", "--reason", "x", "--yes"), 1),
        (("erase", "0", "--reason", " ", "--yes"), 2),
        (("erase", "99", "--reason", "x", "--yes"), 29),
    ],
)
def test_what_can_not_be_erased_is_refused(
    deposited: Path, evidence: Run, arguments: tuple[str, ...], code: int
) -> None:
    answer = evidence(*arguments)
    assert answer.code == code
    assert "Traceback" not in answer.err
