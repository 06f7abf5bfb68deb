"""A ledger's database as it is read from: where it is, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from evidence_ledger.adapters.sql.engine import look

P = ParamSpec("P")
T = TypeVar("T")


class SqlAccess:
    """The connections to one database, ``place`` in messages."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place

    def _look(
        self, ask: Callable[Concatenate[Connection, P], T], *values: P.args, **named: P.kwargs
    ) -> T:
        """What is read at once, and once more where the connection is lost meanwhile."""
        return look(self._engine, self._place, lambda one: ask(one, *values, **named))

    def _look_whole(
        self, ask: Callable[Concatenate[Connection, P], T], *values: P.args, **named: P.kwargs
    ) -> T:
        """The same of one state, where there are several statements."""
        return look(self._engine, self._place, lambda one: ask(one, *values, **named), whole=True)
