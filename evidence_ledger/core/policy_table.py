"""A TOML table of a policy, read member by member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from evidence_ledger.errors import FormatError


class PolicyTable:
    """A TOML table that is read member by member, with its place in messages."""

    def __init__(self, members: Mapping[str, object], where: str) -> None:
        self._members = members
        self.where = where

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def only(self, names: set[str]) -> PolicyTable:
        """Itself, if it has no other members. Raises FormatError."""
        strange = sorted(set(self._members) - names)
        if strange:
            raise FormatError(
                "policy.unknown-member",
                f"The member {strange[0]!r} means nothing here.",
                where=self.where,
            )
        return self

    def _wrong(self, name: str, wanted: str) -> FormatError:
        return FormatError("policy.member", f"Must be {wanted}.", where=f"{self.where}.{name}")

    def text(self, name: str, default: str | None = None) -> str:
        """A text. Raises FormatError."""
        value = self._members.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false. Raises FormatError."""
        value = self._members.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole(self, name: str, default: int) -> int:
        """A whole number from 0 to 1000. Raises FormatError."""
        value = self._members.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
            raise self._wrong(name, "a whole number up to 1000")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, else empty. Raises FormatError."""
        value = self._members.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(name, "a list of texts")
        return tuple(value)

    def tables(self, name: str) -> list[PolicyTable]:
        """The tables ``[[name]]``. Raises FormatError."""
        value = self._members.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self._wrong(name, f"tables that start with [[{name}]]")
        return [PolicyTable(one, f"{name}[{at}]") for at, one in enumerate(value)]

    def table(self, name: str, names: set[str]) -> PolicyTable:
        """The table ``[name]``, else an empty one. Raises FormatError."""
        value = self._members.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, f"a table that starts with [{name}]")
        return PolicyTable(value, name).only(names)

    def moment(self, name: str) -> datetime:
        """A time with its offset, as UTC. Raises FormatError."""
        value = self._members.get(name)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._wrong(name, "a time like 2026-11-22T12:00:00Z")
        try:
            return value.astimezone(UTC)
        except OverflowError as error:
            raise self._wrong(name, "a time within the years that there are") from error

    def dates(self, name: str) -> dict[str, date]:
        """A table of dates, else empty. Raises FormatError."""
        value = self._members.get(name, {})
        if not isinstance(value, dict) or not all(type(one) is date for one in value.values()):
            raise self._wrong(name, "a table of dates like 2031-12-31")
        return dict(value)
