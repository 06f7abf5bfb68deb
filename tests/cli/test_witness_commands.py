"""``evidence witness``: a folder, keys, logs, and what stands in the way of signing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.witness_assembly import open_witness
from tests.cli.conftest import Run
from tests.conftest import ROOT
from tests.small_log import LOG, LOG_ML_DSA
from tests.witness.bench import request, root

NAME = "witness.example/office"
VKEYS = LOG.verifier.encode(), LOG_ML_DSA.verifier.encode()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Run) -> WitnessHome:
    monkeypatch.setenv("EVIDENCE_WITNESS_HOME", str(tmp_path / "witness"))
    assert evidence("witness", "init", "--name", NAME).code == 0
    return WitnessHome(tmp_path / "witness")


def cosign(home: WitnessHome, old: int, size: int) -> None:
    witness = open_witness(home)
    assert witness.service.add_checkpoint(request(old, size)).answer.status == 200
    witness.close()


def test_init_makes_private_keys_and_shows_public_ones(tmp_path: Path, evidence: Run) -> None:
    folder = tmp_path / "witness"
    made = evidence("witness", "init", "--name", NAME, "--home", folder, "--json")
    keys = [VerifierKey.parse(vkey) for vkey in made.document["vkeys"]]
    assert [key.type for key in keys] == [KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44]
    assert {key.name for key in keys} == {NAME}
    seeds = [path.read_text().strip().split("+", 4)[4] for path in (folder / "keys").iterdir()]
    assert len(seeds) == 2
    assert not any(seed in made.out + made.err for seed in seeds)
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*"))
    assert folder.stat().st_mode & 0o077 == 0


def test_a_long_key_is_named_and_shown_whole_where_asked_for(tmp_path: Path, evidence: Run) -> None:
    folder = tmp_path / "an office"
    made = evidence("witness", "init", "--name", NAME, "--home", folder)
    named = f"--home '{folder}'"
    assert f"evidence witness add-log VKEY {named}\n" in made.err
    vkeys = evidence("witness", "status", "--home", folder, "--json").document["vkeys"]
    told = evidence("witness", "status", "--home", folder)
    for out in (made.out, told.out):
        assert vkeys[0] in out
        assert vkeys[1][:40] not in out
        assert "+".join(vkeys[1].split("+")[:2]) in out
        assert max(map(len, out.splitlines())) < 200
    assert f"evidence witness status --home '{folder}' --vkeys" in made.err
    assert evidence("witness", "status", "--home", folder, "--vkeys").out.splitlines() == vkeys
    assert evidence("witness", "status", "--home", folder, "--vkeys", "--json").code == 2


def test_init_again_changes_nothing(home: WitnessHome, evidence: Run) -> None:
    before = [path.read_bytes() for path in home.key_files]
    again = evidence("witness", "init", "--name", NAME)
    assert (again.code, "There is a witness already" in again.err) == (82, True)
    assert [path.read_bytes() for path in home.key_files] == before


def test_keys_without_a_database_make_no_new_witness(home: WitnessHome, evidence: Run) -> None:
    """Its memory of what it signed would begin anew, with the same keys."""
    for path in home.folder.glob("witness.sqlite*"):
        path.unlink()
    assert evidence("witness", "init", "--name", NAME).code == 84
    assert not home.database.exists()
    assert evidence("witness", "status").code == 81


@pytest.mark.parametrize("name", ["", "two words", "plus+plus"])
def test_a_name_that_no_cosignature_can_hold(tmp_path: Path, evidence: Run, name: str) -> None:
    answer = evidence("witness", "init", "--name", name, "--home", tmp_path / "w")
    assert answer.code == 4
    assert not (tmp_path / "w").exists()


def test_add_log_and_status(home: WitnessHome, evidence: Run) -> None:
    assert "serves no log" in evidence("witness", "status").out
    added = evidence("witness", "add-log", *VKEYS, "--url", "https://log.example", "--json")
    assert added.document == {
        "origin": LOG.name,
        "url": "https://log.example",
        "vkeys": sorted(VKEYS),
    }
    assert "nothing cosigned yet" in evidence("witness", "status").out
    cosign(home, 0, 5)
    status = evidence("witness", "status", "--json")
    assert status.code == 0
    [log] = status.document["logs"]
    assert (log["origin"], log["size"], log["trouble"], log["forks"]) == (LOG.name, 5, None, 0)
    assert "size   5" in evidence("witness", "status").out


@pytest.mark.usefixtures("home")
def test_keys_of_two_names_need_an_origin(evidence: Run) -> None:
    other = LOG.verifier.of("other.example", KeyType.ED25519, LOG.verifier.key).encode()
    assert evidence("witness", "add-log", VKEYS[0], other).code == 2
    assert evidence("witness", "add-log", VKEYS[0], other, "--origin", "both.example").code == 0
    assert evidence("witness", "add-log", "nonsense").code == 4


def test_a_lost_memory_is_told_and_decided(home: WitnessHome, evidence: Run) -> None:
    evidence("witness", "add-log", *VKEYS)
    cosign(home, 0, 5)
    for path in home.memory.iterdir():
        path.unlink()
    status = evidence("witness", "status")
    assert status.code == 83
    assert "NOT SIGNING" in status.out
    assert "evidence witness resume" in status.err
    document = evidence("witness", "status", "--json").document
    assert document["logs"][0]["trouble"] == "witness-service.rolled-back"
    assert evidence("witness", "resume", LOG.name, "--from", "memory").code == 83
    assert evidence("witness", "resume", "other.example", "--from", "memory").code == 87
    resumed = evidence("witness", "resume", LOG.name, "--from", "database", "--json")
    assert (resumed.code, resumed.document["trouble"]) == (0, None)
    assert evidence("witness", "status").code == 0
    assert evidence("witness", "resume", LOG.name, "--from", "database").code == 2


@pytest.mark.usefixtures("home")
def test_a_port_that_is_taken(evidence: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = evidence("witness", "run", "--port", str(taken.getsockname()[1]))
    assert (answer.code, "can't be used" in answer.err) == (88, True)


@pytest.mark.usefixtures("home")
def test_without_the_http_server_it_says_what_to_install(
    evidence: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    answer = evidence("witness", "run", "--port", "0")
    assert answer.code == 2
    assert "pip install 'evidence-ledger[server]'" in answer.err


def test_a_witness_loads_no_other_part_of_the_ledger(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "import evidence_ledger_cli.witness_server, evidence_ledger.witness_assembly\n"
        "from evidence_ledger.adapters.witness import http\n"
        "from evidence_ledger.adapters.witness.home import WitnessHome\n"
        f"home = WitnessHome(__import__('pathlib').Path({str(tmp_path / 'w')!r}))\n"
        f"evidence_ledger.witness_assembly.create_witness(home, {NAME!r})\n"
        "evidence_ledger.witness_assembly.open_witness(home).close()\n"
        "print(*sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=dict(os.environ),
    )
    loaded = set(done.stdout.split())
    heavy = {"sqlalchemy", "alembic", "fastapi", "starlette", "rfc3161ng", "httpx", "uvicorn"}
    assert not loaded & heavy
    assert "evidence_ledger.witness.service" in loaded
    parts = ("ledger", "assembly", "desk", "adapters.sql", "sealing", "auditing", "issuing")
    assert not {one for one in loaded for part in parts if one == f"evidence_ledger.{part}"}


def test_roots_differ_by_branch() -> None:
    assert root(4, "a") == root(4, "b")
    assert root(5, "a") != root(5, "b")
