"""Servers of several hosts over one PostgreSQL: one ledger, sealed once, come what may."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from evidence_ledger import appending
from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.request_signer import RequestSigner
from evidence_ledger.assembly import create_ledger, open_ledger
from evidence_ledger.core import entry
from evidence_ledger.core.report import Verdict
from evidence_ledger_server.config import Config
from evidence_ledger_server.program import program
from evidence_ledger_server.running import _handed_on
from tests.postgresql import PASSWORD, URL, Server, cut, start_server
from tests.server.running import ORIGIN, Running, form
from tests.server.test_kill import Load, free_port, started
from tests.workbench import fact


@pytest.fixture
def homes(tmp_path: Path, empty_database: PostgresqlDatabase) -> list[Home]:
    """The folders of one ledger on two hosts."""
    first, second = Home(tmp_path / "host 1"), Home(tmp_path / "host 2")
    create_ledger(first, origin=ORIGIN, database=empty_database)
    shutil.copytree(first.folder, second.folder)
    return [first, second]


def check_sealed_once(home: Home) -> None:
    """Seals follow on each other, each has one entry, and the audit passes."""
    place = open_ledger(home)
    try:
        kinds = [entry.parse(one.entry).kind for one in place.ledger.entries()]
        number, first, entries = 0, 0, []
        while (seal := place.ledger.store.seal(number)) is not None:
            assert (seal.first, len(seal.tokens)) == (first, 1)
            entries.append(seal.entry)
            number, first = number + 1, seal.size
        assert number > 0
        assert entries == [index for index, kind in enumerate(kinds) if kind == "seal"]
        assert place.audit().verdict is Verdict.PASSED
    finally:
        place.close()


def test_two_hosts_take_deposits_and_seal_in_turn(homes: list[Home]) -> None:
    with (
        Running(homes[0].folder, seal_every=0.2) as one,
        Running(homes[1].folder, seal_every=0.2) as other,
    ):
        for number in range(6):
            for server in (one, other):
                signed = server.signed(fact("f", b"%d" % number + server.url.encode()))
                answer = server.client.post("/v1/deposits?wait=seal", json=form(signed))
                assert answer.status_code == 201
                assert answer.json()["sealed"]
        indexes = [server.client.get(f"/v1/deposits/{11}").json() for server in (one, other)]
        assert indexes[0] == indexes[1]
        for server in (one, other):
            assert server.client.get("/v1/health").json()["status"] == "ok"
    check_sealed_once(homes[0])
    check_sealed_once(homes[1])


def test_a_signed_request_is_good_for_once_on_all_hosts(homes: list[Home]) -> None:
    """Before, whoever overheard it could repeat it once at each other host."""
    settings = {"seal_every": 3600.0, "public_url": "https://ledger.example"}
    with (
        Running(homes[0].folder, **settings) as one,
        Running(homes[1].folder, **settings) as other,
    ):
        assert one.deposit(one.signed(fact("f", b"f"))).status_code == 201
        path = "/v1/deposits/0/claims"
        maker = RequestSigner(one.depositor, SystemClock(), SystemEntropy())
        fields, fresh = (
            dict(maker.fields("GET", f"https://ledger.example{path}")) for _ in range(2)
        )
        assert one.client.get(path, headers=fields).status_code == 200
        for server in (other, one):
            replayed = server.client.get(path, headers=fields)
            assert (replayed.status_code, replayed.json()["code"]) == (401, "access.replayed")
        assert other.client.get(path, headers=fresh).status_code == 200
        assert not (homes[0].folder / "nonces.sqlite").exists()


def test_a_cut_connection_costs_no_deposit(
    homes: list[Home], empty_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    with Running(homes[0].folder, seal_every=3600.0) as server:
        stop = threading.Event()

        def disturb() -> None:
            while not stop.wait(0.1):
                cut(postgresql_server, empty_database)

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            context = None
            for number in range(40):
                while context is None:
                    answer = server.client.get("/v1/ledger")
                    context = server.context() if answer.status_code == 200 else None
                signed = server.author.deposit([fact("f", b"%d" % number)], [], context)
                answer = server.deposit(signed)
                assert answer.status_code == 201, answer.text
                assert answer.json()["index"] == number
                assert not answer.json()["repeated"]
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that this test may stop."""
    if URL in os.environ:
        pytest.skip(f"the server of {URL} is not ours to stop")
    with closing(start_server()) as made:
        yield made


def test_while_the_database_is_away_deposits_are_told_to_come_back(
    tmp_path: Path, own: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "host")
    create_ledger(home, origin=ORIGIN, database=own.make())
    monkeypatch.setattr(appending, "PATIENCE", 0.3)
    with Running(home.folder, seal_every=0.2) as server:
        signed = server.signed(fact("f", b"before"))
        assert server.deposit(signed).status_code == 201
        late = server.signed(fact("f", b"while away"))
        own.stop(signal.SIGQUIT)
        answer = server.deposit(late)
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger.unavailable")
        assert answer.headers["retry-after"] == "1"
        assert server.client.get("/v1/health").status_code == 503
        own.start()
        answer = server.deposit(late)
        assert (answer.status_code, answer.json()["repeated"]) == (201, False)
        more = server.signed(fact("f", b"after"))
        sealed = server.client.post("/v1/deposits?wait=seal", json=form(more)).json()
        assert sealed["sealed"]
        again = server.deposit(signed)
        assert (again.status_code, again.json()["index"]) == (200, 0)
        assert server.client.get("/v1/health").status_code == 200
    check_sealed_once(home)


@pytest.mark.long
def test_servers_of_two_hosts_under_load_lose_and_double_nothing(
    homes: list[Home], empty_database: PostgresqlDatabase, postgresql_server: Server
) -> None:
    ports = [free_port(), free_port()]
    processes = [started(home.folder, port, 2) for home, port in zip(homes, ports, strict=True)]
    loads = [Load(home, port, f"host {port}") for home, port in zip(homes, ports, strict=True)]
    for _ in range(20):
        time.sleep(0.2)
        cut(postgresql_server, empty_database)
    os.killpg(processes[0].pid, signal.SIGKILL)
    time.sleep(1)
    for load in loads:
        load.stop()
    processes[1].send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(60)
    acknowledged = loads[0].acknowledged | loads[1].acknowledged
    assert all(len(load.acknowledged) > 50 for load in loads)
    place = open_ledger(homes[1])
    try:
        held = {one.index: one.statement for one in place.ledger.entries()}
        for statement, index in acknowledged.items():
            assert held[index] == statement.encode()
        deposits = [one for one in held.values() if one and json.loads(one)["kind"] == "deposit"]
        assert len(set(deposits)) == len(deposits)
        place.ledger.seal()
    finally:
        place.close()
    check_sealed_once(homes[1])


def test_the_servers_address_overrides_the_homes_and_its_password_is_not_handed_on(
    tmp_path: Path,
    postgresql_server: Server,
    empty_database: PostgresqlDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not postgresql_server.own:
        pytest.skip("the server's passwords are not ours")
    home = Home(tmp_path / "host")
    create_ledger(home, origin=ORIGIN, database=empty_database)
    address = postgresql_server.over_tcp(empty_database)
    arguments = ["config", "check", "--home", str(home.folder), "--database", address]
    answer = CliRunner().invoke(program, arguments, catch_exceptions=False)
    assert answer.exit_code == 0
    assert f"127.0.0.1:{postgresql_server.port}" in answer.output
    assert PASSWORD not in answer.output
    config = Config(home=home.folder, database=address)
    assert PASSWORD not in repr(config)
    monkeypatch.setenv("PGPASSWORD", "")
    handed = _handed_on(config)
    assert PASSWORD not in handed.model_dump_json()
    assert os.environ["PGPASSWORD"] == PASSWORD
    with Running(home.folder, database=handed.database) as server:
        assert server.client.get("/v1/health").json()["status"] == "ok"
