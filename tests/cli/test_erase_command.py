"""``evidence erase``: asks, says what stays, and every other command then gives a clear answer."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import open_depositor, open_ledger
from evidence_ledger.desk import Desk
from tests.cli.conftest import Run
from tests.workbench import fact

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
    assert evidence("export", "0", "--only", "file/0", "--out", "again.asice").code == 36
    assert evidence("verify", "case.asice", "--policy", "ledger/trust.toml").code == 0
    assert evidence("audit").code == 0
    assert evidence("seal").code == 0
    assert evidence("audit", "--json").document["facts"]["erased"] == 1


@pytest.mark.usefixtures("deposited")
def test_the_same_command_again_changes_nothing(evidence: Run) -> None:
    evidence(*ERASE, "--yes")
    size = evidence("list", "--json").document["size"]
    again = evidence(*ERASE, "--yes")
    assert (again.code, "already" in again.out) == (0, True)
    assert evidence("list", "--json").document["size"] == size


@pytest.mark.usefixtures("deposited")
def test_it_asks_first(evidence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    asked = evidence(*ERASE)
    assert asked.code == 0
    assert "stay valid, wherever they are" in asked.err
    assert evidence("show", "0", "--json").document["erased"] is False


def test_what_is_not_sealed_is_sealed_first(deposited: Path, evidence: Run) -> None:
    place = open_ledger(Home(deposited / "ledger"))
    try:
        desk = Desk(place, open_depositor(place.home))
        index = desk.deposit([fact("new.txt", b"new", sm3=False)], []).receipt.index
    finally:
        place.close()
    assert evidence("erase", index, "--reason", "x", "--yes", "--as-operator").code == 0
    assert evidence("show", index, "--json").document["erased"] is True


def test_a_reason_that_repeats_what_goes_is_refused(deposited: Path, evidence: Run) -> None:
    file = next(path for path in sorted((deposited / "case").rglob("*")) if path.is_file())
    for word in (file.name.upper(), "2026-1"):
        answer = evidence("erase", "0", "--reason", f"about {word}", "--yes")
        assert (answer.code, "repeats a claim" in answer.err) == (2, True)
    assert evidence("show", "0", "--json").document["erased"] is False


def test_a_case_is_complete_still(deposited: Path, evidence: Run) -> None:
    evidence(*ERASE, "--yes")
    done = evidence("matter", "certify", "2026-1", "--out", "complete.asice")
    assert "Traceback" not in done.err
    assert done.code == 0, done.err
    assert (deposited / "complete.asice").exists()


@pytest.mark.usefixtures("deposited")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("erase", "1", "--reason", "x", "--yes"), 111),
        (("erase", "0", "--reason", " ", "--yes"), 2),
        (("erase", "99", "--reason", "x", "--yes"), 29),
    ],
)
def test_what_can_not_be_erased_is_refused(
    evidence: Run, arguments: tuple[str, ...], code: int
) -> None:
    answer = evidence(*arguments)
    assert answer.code == code
    assert "Traceback" not in answer.err


@pytest.mark.usefixtures("deposited")
def test_what_was_erased_before_is_not_said_of_this_erasure(evidence: Run) -> None:
    evidence("order", "0", "--out", "order.asice")
    order = evidence("list", "--json").document["entries"]
    index = next(one["index"] for one in order if one["kind"] == "order")
    assert evidence(*ERASE, "--yes").code == 0
    both = evidence("erase", "0", index, "--reason", "x", "--yes")
    assert both.code == 0
    assert "Erased already: 0\n" in both.out
    assert f"Erased: {index}. Entry" in both.out


@pytest.mark.usefixtures("deposited")
def test_where_nobody_can_answer_it_says_how_not_to_be_asked(
    evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    asked = evidence(*ERASE)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert evidence("show", "0", "--json").document["erased"] is False
