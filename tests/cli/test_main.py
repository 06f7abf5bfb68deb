"""Whatever happens, the user sees a sentence and the caller an exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evidence_ledger.errors import EvidenceError, FileChanged, InternalError, Refused
from evidence_ledger_cli import __version__, program
from evidence_ledger_cli.repeated_option import refuse_repeated
from evidence_ledger_cli.session import run
from tests.conftest import ROOT

HEAVY = ["sqlalchemy", "alembic", "cryptography", "httpx", "rfc3161ng", "fastapi", "reportlab"]


def evidence(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evidence_ledger_cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )


def every_command(group: click.Group) -> Iterator[click.Command]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from every_command(command)
        else:
            yield command


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A command ``list`` that raises what the test puts in."""
    errors: list[BaseException] = []

    @click.command()
    @click.option("--json", is_flag=True)
    def command(**_: object) -> None:
        raise errors[0]

    monkeypatch.setattr(program, "load", lambda _: command)
    return errors


def test_without_a_command_it_says_how_to_start() -> None:
    done = evidence()
    assert done.returncode == 0
    assert "evidence init" in done.stdout
    assert done.stdout == evidence("--help").stdout


def test_the_version_is_that_of_the_package() -> None:
    assert evidence("--version").stdout == f"evidence {__version__}\n"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_starting_loads_nothing_heavy() -> None:
    code = (
        "import sys, evidence_ledger_cli.session as m; m.run(['--help']); "
        f"print([n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["nosuch"], "No such command", "evidence --help"),
        (["--nosuch"], "No such option", "evidence --help"),
        (["key"], "Missing command", "evidence key --help"),
        (["key", "nosuch"], "No such command", "evidence key --help"),
    ],
)
def test_wrong_usage_is_2(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second == f"hint: See: {hint}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "a.asice", "--policy", "one.toml", "--policy", "two.toml"],
        ["verify", "--at=2026-05-31", "a.asice", "--policy", "one.toml", "--at", "2027-05-31"],
        ["timestamp", "verify", "a.tsr", "--data", "one", "--data", "one", "--roots", "ca.pem"],
        ["find", "--json", "file", "--home", "a", "--home", "b"],
    ],
)
def test_an_option_of_one_value_is_given_once(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert "more than once" in told.out + told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--policy", "a", "--policy", "b", "--help"],
        ["export", "--home", "no/ledger", "0", "--only", "file/0", "--only", "file/1"],
        ["verify", "--json", "--json", "a.asice", "--", "--policy", "--policy"],
    ],
)
def test_what_may_be_repeated_may_be(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(arguments)
    told = capsys.readouterr()
    assert "more than once" not in told.out + told.err


def test_every_option_of_one_value_is_refused_twice() -> None:
    for command in every_command(program.program):
        for option in command.params:
            if isinstance(option, click.Option) and not (option.multiple or option.is_flag):
                twice = [option.opts[0], "1"] * 2
                context = click.Context(program.program, info_name="evidence")
                with pytest.raises(click.UsageError, match="more than once"):
                    refuse_repeated(command, command.name, context, twice)


def test_wrong_usage_with_json_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["nosuch", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_code"]) == ("usage", 2)


def test_json_after_two_dashes_is_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["nosuch", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "error",
    [FileChanged("This file changed.", where="/a\nb"), Refused("note.x", "It is wrong.", hint="h")],
)
def test_an_error_is_a_pair_of_lines_and_its_exit_code(
    failing: list[BaseException], error: EvidenceError, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(error)
    assert run(["list", "--json"]) == error.exit_code
    shown = capsys.readouterr()
    assert len(shown.err.splitlines()) == 2
    assert shown.err.startswith("error: ")
    assert json.loads(shown.out)["error"]["code"] == error.reason


def test_a_mistake_in_the_program_is_one_sentence_and_a_file(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing.append(ZeroDivisionError("oops \udcff"))
    assert run(["list"]) == InternalError.exit_code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err + shown.out
    (file,) = tmp_path.iterdir()
    assert str(file) in shown.err
    assert "ZeroDivisionError: oops" in file.read_text()


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS])
def test_a_file_that_stands_in_the_way_anywhere_is_no_mistake(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """As where ``Path.exists`` meets a folder that may not be looked into."""
    failing.append(OSError(number, os.strerror(number), "/srv/ledger/settings.toml"))
    assert run(["list", "--json"]) == 11
    assert "(/srv/ledger/settings.toml)" in capsys.readouterr().err


def test_other_errors_of_the_system_stay_mistakes(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing.append(OSError(errno.EACCES, "no file at all"))
    assert run(["list"]) == InternalError.exit_code


def test_a_mistake_that_cannot_be_written_down_is_still_a_sentence(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    failing.append(RecursionError())
    assert run(["list"]) == InternalError.exit_code
    assert "EVIDENCE_DEBUG" in capsys.readouterr().err


def test_debugging_shows_the_traceback(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_DEBUG", "1")
    failing.append(ZeroDivisionError("oops"))
    with pytest.raises(ZeroDivisionError):
        run(["list"])


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_130(
    failing: list[BaseException], stop: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(stop)
    assert run(["list", "--json"]) == 130
    shown = capsys.readouterr()
    assert shown.err.startswith("error: Stopped.\nhint: ")
    assert json.loads(shown.out)["error"]["code"] == "interrupted"


def test_ctrl_c_inside_another_error_is_130(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    error = RuntimeError("class body failed")
    error.__cause__ = KeyboardInterrupt()
    failing.append(error)
    assert run(["list"]) == 130
    assert capsys.readouterr().err.startswith("error: Stopped.")


def test_a_reader_that_went_away_is_no_verdict_and_no_noise() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "evidence_ledger_cli", "--help"],
        stdout=writer,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
    )
    os.close(writer)
    _, noise = process.communicate(timeout=60)
    assert (process.returncode, noise) == (141, b"")


def test_a_full_disk_is_told() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:  # noqa: PTH123 a device
        done = subprocess.run(
            [sys.executable, "-m", "evidence_ledger_cli", "nosuch", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 15
    assert b"Traceback" not in done.stderr


def test_an_output_that_knows_only_ascii_gets_escapes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evidence_ledger_cli", "合同"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 2
    assert b"\\u5408" in done.stderr


CLOSED = [
    ("key show key.pem", ">&-", 15),
    ("key show key.pem --json", ">&- 2>&-", 15),
    ("key show key.pem", "2>&-", 0),
    ("key show key.pem", "<&-", 0),
    ("key show missing.pem", ">&- 2>&-", 41),
    ("nonsense", "<&- >&- 2>&-", 2),
]


@pytest.mark.parametrize(("words", "closed", "code"), CLOSED)
def test_a_closed_stream_is_no_verdict_and_no_mistake(
    tmp_path: Path, words: str, closed: str, code: int
) -> None:
    made = ("key", "new", "--name", "A", "--no-password", "--out", str(tmp_path / "key.pem"))
    assert evidence(*made).returncode == 0
    command = f'"{sys.executable}" -m evidence_ledger_cli {words} {closed}'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert b"mistake" not in done.stderr


def test_no_file_takes_the_number_of_a_closed_stream() -> None:
    code = (
        "from evidence_ledger.adapters.standard_streams import mend_streams; mend_streams();"
        "import os; print(os.open('/dev/null', os.O_RDONLY), file=open('told', 'w'))"
    )
    command = f'"{sys.executable}" -c "{code}" <&- >&- 2>&-'
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, timeout=60)
        assert int(Path(folder, "told").read_text()) > 2
