"""Settings from a file, the environment and flags; what is wrong is said without its value."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger
from evidence_ledger.errors import SettingsInvalid
from evidence_ledger_server import program
from evidence_ledger_server.config import load_config


def test_flags_count_more_than_the_environment_and_that_more_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('port = 1\nhost = "one"\nworkers = 2\n')
    environment = {"EVIDENCE_SERVER_PORT": "2", "EVIDENCE_SERVER_HOST": "two", "PATH": "/"}
    config = load_config(file, environment, {"port": 3, "workers": None})
    assert (config.port, config.host, config.workers) == (3, "two", 2)


def test_proxies_in_the_environment_are_parted_by_commas() -> None:
    environment = {"EVIDENCE_SERVER_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"}
    assert load_config(None, environment, {}).trusted_proxies == ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("secret_token = 'hunter2'", "'secret_token' is no setting"),
        ("port = 'hunter2'", "port: "),
        ("port = 99999", "port: "),
        ("tls_key = 'k.pem'", "go together"),
        ("= 1", "no TOML"),
        ("public_url = 'hunter2'", "public_url is no http or https address"),
        ("public_url = 'http://[hunter2'", "public_url is no http or https address"),
        ("trusted_proxies = ['hunter2']", "trusted_proxies: one of these is no IP address"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "server.toml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid) as caught:
        load_config(file, {}, {})
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("proxies", [["*"], ["10.0.0.0/8", "::1"], ["10.0.0.1/8"], []])
def test_proxies_are_addresses_and_networks(proxies: list[str]) -> None:
    config = load_config(
        None, {}, {"trusted_proxies": proxies, "public_url": "https://a.example/x"}
    )
    assert config.trusted_proxies == tuple(proxies)


def test_settings_that_are_no_text_are_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_bytes(b"home = '\xff'")
    with pytest.raises(SettingsInvalid, match="not UTF-8 text"):
        load_config(file, {}, {})


def ran(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"EVIDENCE_SERVER_HOME": str(home)}
    code = "from evidence_ledger_server.program import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def test_config_check_says_what_would_be_served(tmp_path: Path) -> None:
    create_ledger(Home(tmp_path / "ledger"), origin="ledger.example/x")
    done = ran("config", "check", "--port", "1234", home=tmp_path / "ledger")
    assert done.returncode == 0, done.stderr
    assert "ledger.example/x, 0 entries" in done.stdout
    assert "http://127.0.0.1:1234, 1 process\n" in done.stdout
    assert "by everybody" in done.stdout
    assert "page      at /check\n" in done.stdout
    assert "signed requests need public_url" in done.stdout
    assert "files     none are taken\n" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    ("to", "code"), [("| true; exit ${PIPESTATUS[0]}", 141), ("> /dev/full", 15)]
)
def test_a_result_that_nobody_takes_is_no_traceback(tmp_path: Path, to: str, code: int) -> None:
    create_ledger(Home(tmp_path / "ledger"), origin="ledger.example/x")
    run = "from evidence_ledger_server.program import main; main()"
    command = f'"$PYTHON" -c "{run}" config check {to}'
    environment = os.environ | {
        "EVIDENCE_SERVER_HOME": str(tmp_path / "ledger"),
        "PYTHON": sys.executable,
    }
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment, timeout=60)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr


def test_what_the_system_refuses_is_not_called_a_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(program, "_invoke", refuse)
    monkeypatch.setattr(program, "_abandon_output", lambda: None)
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 5
    assert "The operating system stopped this: too many open files." in capsys.readouterr().err


def test_an_address_that_is_taken_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = ran("run", "--port", port, home=tmp_path / "nothing")
    assert done.returncode == 104
    assert done.stderr.startswith(f"error: 127.0.0.1, port {port}, can't be used: address already")
    assert "--port" in done.stderr
    nowhere = ran("run", "--host", "nowhere.invalid", home=tmp_path / "nothing")
    assert (nowhere.returncode, "no such address" in nowhere.stderr) == (104, True)


@pytest.mark.parametrize("setting", ["policy", "tls"])
def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, setting: str) -> None:
    create_ledger(Home(tmp_path / "ledger"), origin="ledger.example/x")
    settings = tmp_path / "server.toml"
    texts = {"policy": 'policy = "gone.toml"', "tls": 'tls_certificate = "gone.pem"\ntls_key = "k"'}
    settings.write_text(texts[setting])
    done = ran("config", "check", "--config", str(settings), home=tmp_path / "ledger")
    assert done.returncode == 11
    assert done.stderr.startswith("error: gone.")


def test_tls_files_that_are_no_pair_are_told(tmp_path: Path) -> None:
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text("none")
    flags = {"tls_certificate": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem"}
    with pytest.raises(SettingsInvalid, match="and its key"):
        load_config(None, {}, flags)


def test_an_install_without_the_server_says_so() -> None:
    code = (
        "import sys; sys.modules['fastapi'] = None; sys.argv[1:] = ['config', 'check'];"
        "from evidence_ledger_server.program import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: The part that serves HTTP is not installed.")
    assert "evidence-ledger[server]" in done.stderr


def test_without_a_command_it_explains_itself(tmp_path: Path) -> None:
    done = ran(home=tmp_path / "nothing")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: evidence-server")


def test_no_ledger_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = ran("config", "check", home=tmp_path / "nothing")
    assert done.returncode >= 4
    assert done.stderr.startswith("error: There is no ledger.")
    assert "Traceback" not in done.stderr
    wrong = ran("run", "--port", "x", home=tmp_path / "nothing")
    assert (wrong.returncode, "See: evidence-server run --help" in wrong.stderr) == (2, True)
