"""A real PostgreSQL for tests: one that is started here, or the server at a URL.

``EVIDENCE_TEST_POSTGRESQL`` names a server on which databases may be made. Without it, ``initdb``
and ``postgres`` are looked for on the PATH and where Debian's packages put them; PostgreSQL refuses
to be run by root, so root runs it as another user. It listens on a socket in a folder of its own
and, with a password, on a loopback port.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.adapters.database import PostgresqlDatabase, parse_address
from tests.scratch import scratch_folder

URL = "EVIDENCE_TEST_POSTGRESQL"
PASSWORD = "correct-horse-battery"
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "log_min_messages": "fatal",
    "client_min_messages": "error",
}


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; None where there is no PostgreSQL."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    if _DEBIAN.is_dir():
        newest = sorted(_DEBIAN.iterdir(), key=lambda one: float(one.name), reverse=True)
        folders += [one / "bin" for one in newest]
    return next((one for one in folders if (one / "postgres").exists()), None)


def _other_user() -> dict[str, Any]:
    """For ``subprocess``: somebody who is not root."""
    if os.geteuid() != 0:
        return {}
    names = {one.pw_name: one for one in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """A server. ``own``: it was started here, so that it may be stopped and killed."""

    address: str
    own: bool = False
    folder: Path | None = None
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    _made: list[str] = field(default_factory=list)
    _free: list[PostgresqlDatabase] = field(default_factory=list)
    _statements: list[str] = field(default_factory=list)

    def database(self, name: str) -> PostgresqlDatabase:
        """A database of it by name."""
        base = parse_address(self.address)
        head, mark, query = base.address.partition("?")
        scheme, _, rest = head.partition("://")
        address = f"{scheme}://{rest.partition('/')[0]}/{name}{mark}{query}"
        return replace(base, address=address)

    def over_tcp(self, database: PostgresqlDatabase, password: str = PASSWORD) -> str:
        """The address of a database by host and port, with a password in it."""
        name = database.address.partition("?")[0].rpartition("/")[2]
        return f"postgresql://evidence:{password}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, database: PostgresqlDatabase | None = None) -> list[Any]:
        """One statement, as the owner of everything."""
        import psycopg

        chosen = database or parse_address(self.address)
        with psycopg.connect(
            chosen.address, autocommit=True, password=chosen.password
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self) -> PostgresqlDatabase:
        """A new, empty database."""
        name = f"evidence_{secrets.token_hex(8)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        self._made.append(name)
        return self.database(name)

    @contextmanager
    def lend(self) -> Iterator[PostgresqlDatabase]:
        """An empty database, used again when it is given back: to make one takes long."""
        database = self._free.pop() if self._free else self.make()
        yield database
        name = database.address.partition("?")[0].rpartition("/")[2]
        self.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608 our own name
            f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )
        self.run(f"ALTER DATABASE {name} RESET ALL")
        self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public", database)
        self._free.append(database)

    def fill(self, database: PostgresqlDatabase) -> None:
        """Make an empty ledger's tables, by the statements with which the first one was made."""
        if not self._statements:
            with self.lend() as first:
                self._statements = recorded(first)
        self.run("; ".join(self._statements), database)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self.folder is not None
        options = _SETTINGS | {
            "unix_socket_directories": str(self.folder),
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        folder = programs()
        assert folder is not None
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(folder / "postgres"), "-D", str(self.folder / "data"), *flags],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **_other_user(),
            )
        self._wait()

    def _wait(self) -> None:
        import psycopg

        for _ in range(300):
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("PostgreSQL does not answer")

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT: at once and in order; SIGQUIT: as after a power cut."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.own and self.folder is not None:
            self.stop(signal.SIGQUIT)
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        for name in self._made:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def cut(server: Server, database: PostgresqlDatabase) -> None:
    """End all connections to a database."""
    name = database.address.partition("?")[0].rpartition("/")[2]
    server.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608 our own name
        f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )


def recorded(database: PostgresqlDatabase) -> list[str]:
    """The statements that make an empty ledger."""
    from psycopg import ClientCursor, connect
    from sqlalchemy import Connection, Engine, event

    from evidence_ledger.adapters.sql import create_store

    found: list[str] = []
    with connect(database.address, cursor_factory=ClientCursor) as writer:

        def note(_: Connection, __: object, statement: str, values: Any, *___: object) -> None:
            if statement.lstrip().startswith(("CREATE", "INSERT", "UPDATE", "ALTER")):
                text = ClientCursor(writer).mogrify(statement.encode(), values or {})
                found.append(text)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            create_store(database).close()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    return found


def start_server(where: Path | None = None) -> Server:
    """A server for this session, or skip with the reason. Its files are below ``where``; None: in
    memory, where there is room.
    """
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    url = os.environ.get(URL)
    if url:
        return Server(url)
    folder = programs()
    if folder is None:
        pytest.skip(f"there is no PostgreSQL here: no initdb, and no {URL}")
    place = Path(tempfile.mkdtemp(prefix="evidence-pg-", dir=where or scratch_folder()))
    _initialise(folder, place)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    address = f"postgresql://evidence@/postgres?host={place}&port={port}"
    server = Server(address, own=True, folder=place, port=port)
    server.start()
    return server


def _initialise(folder: Path, place: Path) -> None:
    secret = place / "password"
    secret.write_text(PASSWORD)
    user = _other_user()
    if user:
        for one in (place, secret):
            os.chown(one, user["user"], user["group"])
    command = [
        *(str(folder / "initdb"), "-D", str(place / "data"), "-U", "evidence"),
        *("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"),
        *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
    ]
    subprocess.run(command, check=True, cwd=place, stdout=subprocess.DEVNULL, **user)
