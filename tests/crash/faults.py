"""Faults at the n-th write of a program: killed before it, refused, or done but reported failed.

A write is a call that changes what is on the disk: making, linking, renaming, removing and syncing
files, writing in place, every statement that changes the database, and its commit.
"""

from __future__ import annotations

import errno
import functools
import json
import os
import signal
import sqlite3
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from evidence_ledger.errors import EvidenceError

T = TypeVar("T")

REMOVING = {"unlink", "rmdir"}
WRITING = ("fsync", "fdatasync", "pwrite", "rename", "replace", "link", "mkdir", *sorted(REMOVING))
CHANGES = ("INSERT", "UPDATE", "DELETE", "BEGIN", "CREATE")


class How(StrEnum):
    """What goes wrong."""

    KILLED = "killed before it"
    REFUSED = "no space for it"
    LATE = "done, but reported as failed"
    STUCK = "no space from then on"


@dataclass(slots=True)
class Fault:
    """Goes off at write ``at``, counted from 1; never where that is 0."""

    how: How
    at: int
    count: int = 0

    def around(self, name: str, do: Callable[[], T], error: Callable[[], Exception]) -> T:
        """Do it, or let it go wrong."""
        self.count += 1
        is_stuck = self.how is How.STUCK and 0 < self.at <= self.count and name not in REMOVING
        if self.count != self.at and not is_stuck:
            return do()
        if self.how is How.KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how is How.LATE:
            do()
        raise error()

    def install(self) -> None:
        """For the rest of this process."""
        for name in WRITING:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        sqlite3.connect = functools.partial(  # type: ignore[assignment]  # called with keywords alone
            sqlite3.connect, factory=_connections(self)
        )

    def _wrapped(self, name: str, original: Callable[..., T]) -> Callable[..., T]:
        def call(*arguments: object, **options: object) -> T:
            return self.around(name, lambda: original(*arguments, **options), _no_space)

        return call


def _no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def _database_full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def _connections(fault: Fault) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = ()) -> Self:
            if not sql.lstrip().upper().startswith(CHANGES):
                return super().execute(sql, parameters)
            do = functools.partial(super().execute, sql, parameters)
            return fault.around("execute", do, _database_full)

        def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
            do = functools.partial(super().executemany, sql, parameters)
            return fault.around("execute", do, _database_full)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(factory or Cursor)

        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            return self.cursor().execute(sql, parameters)  # type: ignore[no-any-return]  # a Cursor

        def commit(self) -> None:
            if self.in_transaction:
                fault.around("commit", super().commit, _database_full)

    return Connection


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a program: what it acknowledged, how it ended, and how many writes it made.

    ``error`` is the class of the EvidenceError that it ended with; ``crash`` a traceback that a
    user would have seen.
    """

    acknowledged: list[int]
    killed: bool
    error: str | None = None
    crash: str | None = None
    writes: int = 0


def run(program: Callable[[Callable[[int], None]], None], fault: Fault) -> Outcome:
    """Run ``program`` in a process of its own; its argument is told what it acknowledges."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Other threads of the test runner do not matter: the child runs ``program`` and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reader)
        _run_here(program, fault, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        lines = [json.loads(line) for line in pipe.read().splitlines()]
    _, status = os.waitpid(child, 0)
    return _outcome(lines, killed=os.WIFSIGNALED(status))


def _run_here(program: Callable[[Callable[[int], None]], None], fault: Fault, writer: int) -> None:
    def tell(value: object) -> None:
        os.write(writer, json.dumps(value).encode() + b"\n")

    end: dict[str, object] = {}
    try:
        fault.install()
        program(tell)
    except EvidenceError as error:
        end["error"] = type(error).__name__
    except BaseException:  # noqa: BLE001 - the very thing that the test looks for
        end["crash"] = traceback.format_exc()
    tell(end | {"writes": fault.count})
    os._exit(0)


def _outcome(lines: list[Any], *, killed: bool) -> Outcome:
    acknowledged = [line for line in lines if isinstance(line, int)]
    ends = [line for line in lines if isinstance(line, dict)]
    return Outcome(acknowledged, killed, **(ends[0] if ends else {}))
