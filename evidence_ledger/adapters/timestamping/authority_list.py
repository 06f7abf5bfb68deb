"""``authorities.toml``: which timestamp authorities a ledger's seals ask.

    v = 1
    local = true            also the ledger's own, on its own clock
    required = 2            so many independent ones make a seal complete; else all listed
    deadline = 30           seconds that a seal waits for their answers

    [[authority]]
    name = "digicert"
    url = "http://timestamp.digicert.com"
    since = 2026-11-22T12:00:00Z          seals made before it are not completed with it
    independent = true
    interval = 15           seconds between two requests
    timeout = 20            seconds for one request
    policy = "1.2.3.4"      the only policy under which its tokens are taken
    fallback = "freetsa"    who is asked where this one fails, and only then
    retired = true          no longer asked; the audit still needs its roots
    roots = '''-----BEGIN CERTIFICATE-----…'''

Unknown members are refused: a misspelt setting must not silently be none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.settings_file import read_settings
from evidence_ledger.adapters.trust_text import pem_text
from evidence_ledger.core import pem
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.toml_text import toml_text
from evidence_ledger.errors import SettingsInvalid, UsageError

VERSION: Final = 1
LARGEST: Final = 4 * 1024 * 1024
MOST: Final = 64
LOCAL: Final = "local"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}", re.ASCII)
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,17})){1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """One authority; ``roots`` are DER X.509 certificates, never none. Times in whole seconds."""

    name: str
    url: str
    roots: tuple[bytes, ...]
    since: datetime
    independent: bool = True
    interval: int = 0
    timeout: int = 20
    policy: str | None = None
    fallback: str | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class AuthorityList:
    """What the file says; without a file, the ledger's own authority alone."""

    local: bool = True
    required: int | None = None
    deadline: int = 30
    entries: tuple[AuthorityEntry, ...] = ()

    @property
    def active(self) -> tuple[AuthorityEntry, ...]:
        """Those that are asked."""
        return tuple(one for one in self.entries if not one.retired)

    def added(self, entry: AuthorityEntry) -> AuthorityList:
        """With one more, or with one again that was retired; it keeps the roots that it had.

        Raises UsageError, SettingsInvalid.
        """
        if entry.name == LOCAL or entry.name in (one.name for one in self.active):
            raise UsageError(
                f"There is an authority called {entry.name} already.",
                hint="Give another name with --name, or remove that one first.",
            )
        before = [root for one in self.entries if one.name == entry.name for root in one.roots]
        fresh = replace(entry, roots=tuple(dict.fromkeys([*entry.roots, *before])))
        others = (one for one in self.entries if one.name != entry.name)
        return _checked(replace(self, entries=(*others, fresh)))

    def removed(self, name: str) -> AuthorityList:
        """With one no longer asked. Raises UsageError where there is none, or it is the last."""
        if name == LOCAL:
            rest = replace(self, local=False)
        else:
            rest = replace(self, entries=tuple(_retired(one, name) for one in self.entries))
        if rest == self:
            raise UsageError(
                f"There is no authority called {name[:80]}.", hint="See: evidence authority list"
            )
        if not rest.local and not rest.active:
            raise UsageError("This is the only authority; nobody would give a time.")
        users = [one.name for one in rest.active if one.fallback == name]
        if users:
            raise UsageError(f"It is the fallback of {users[0]}.", hint="Remove that one first.")
        return _checked(replace(rest, required=_fewer(rest)))

    def encode(self) -> bytes:
        """The file."""
        lines = [
            "# The timestamp authorities that seals ask. See: evidence authority --help",
            f"v = {VERSION}",
            f"local = {str(self.local).lower()}",
            *([] if self.required is None else [f"required = {self.required}"]),
            f"deadline = {self.deadline}",
        ]
        return ("\n".join(lines) + "\n" + "".join(map(_entry_text, self.entries))).encode()

    def save(self, path: Path) -> None:
        """Write the file in place of the one there. Raises OutputUnwritable."""
        durable_file.replace(path, self.encode())

    @classmethod
    def load(cls, path: Path) -> AuthorityList:
        """The list in a file; the default where there is none. Raises FileUnreadable,
        SettingsInvalid.
        """
        if not path.exists():
            return cls()
        return read_settings(path, "The list of timestamp authorities", LARGEST, parse)


def parse(data: bytes) -> AuthorityList:
    """The list in a file's bytes. Raises SettingsInvalid, FormatError."""
    if len(data) > LARGEST:
        raise SettingsInvalid(f"It is larger than {LARGEST} bytes.")
    try:
        members = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SettingsInvalid(f"It is not TOML: {error}.") from error
    document = _Table(members, "authorities")
    if document.whole("v", 0, 1000) != VERSION:
        raise SettingsInvalid(f"It is not of version {VERSION}.")
    document.only({"v", "local", "required", "deadline", "authority"})
    return _checked(
        AuthorityList(
            local=document.flag("local", default=True),
            required=document.whole("required", 1, MOST) if "required" in members else None,
            deadline=document.whole("deadline", 1, 3600, 30),
            entries=tuple(_entry(one) for one in document.tables("authority")),
        )
    )


class _Table:
    """A TOML table that is read member by member, with its place in messages."""

    def __init__(self, members: Mapping[str, object], where: str) -> None:
        self._members = members
        self._where = where

    def only(self, names: set[str]) -> None:
        strange = sorted(set(self._members) - names)
        if strange:
            raise SettingsInvalid(f"{strange[0][:80]!r} means nothing here.", where=self._where)

    def wrong(self, name: str, wanted: str) -> SettingsInvalid:
        return SettingsInvalid(f"Must be {wanted}.", where=f"{self._where}.{name}")

    def text(self, name: str) -> str | None:
        value = self._members.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "a text")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._members.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        value = self._members.get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(name, f"a whole number from {least} to {most}")
        return value

    def moment(self, name: str) -> datetime:
        value = self._members.get(name)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.wrong(name, "a time like 2026-11-22T12:00:00Z")
        try:
            return value.astimezone(UTC)
        except OverflowError as error:
            raise self.wrong(name, "a time within the years that there are") from error

    def tables(self, name: str) -> list[_Table]:
        value = self._members.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(name, f"tables that start with [[{name}]]")
        return [_Table(one, f"{name}[{at}]") for at, one in enumerate(value)]


def _entry(table: _Table) -> AuthorityEntry:
    names = {"name", "url", "roots", "since", "independent", "interval", "timeout"}
    table.only(names | {"policy", "fallback", "retired"})
    return AuthorityEntry(
        name=table.text("name") or "",
        url=table.text("url") or "",
        roots=pem.certificates((table.text("roots") or "").encode(), where="authority.roots"),
        since=table.moment("since"),
        independent=table.flag("independent", default=True),
        interval=table.whole("interval", 0, 3600, 0),
        timeout=table.whole("timeout", 1, 600, 20),
        policy=table.text("policy"),
        fallback=table.text("fallback"),
        retired=table.flag("retired", default=False),
    )


def _retired(one: AuthorityEntry, name: str) -> AuthorityEntry:
    return replace(one, retired=True, fallback=None) if one.name == name else one


def _entry_text(one: AuthorityEntry) -> str:
    more = [("policy", one.policy), ("fallback", one.fallback)]
    lines = [
        "\n[[authority]]",
        f"name = {toml_text(one.name)}",
        f"url = {toml_text(one.url)}",
        f"since = {time_text(one.since)}",
        f"independent = {str(one.independent).lower()}",
        f"interval = {one.interval}",
        f"timeout = {one.timeout}",
        *(f"{name} = {toml_text(value)}" for name, value in more if value is not None),
        *(["retired = true"] if one.retired else []),
        f"roots = '''\n{''.join(map(pem_text, one.roots))}'''",
    ]
    return "\n".join(lines) + "\n"


def _checked(found: AuthorityList) -> AuthorityList:
    names = [one.name for one in found.entries]
    if len(set(names)) != len(names) or LOCAL in names:
        raise SettingsInvalid(f"Names must differ from one another and from {LOCAL!r}.")
    if len(names) > MOST or not (found.active or found.local):
        raise SettingsInvalid(f"There must be 1 to {MOST} authorities.")
    active = [one.name for one in found.active]
    for one in found.entries:
        _check_entry(one, active)
    _check_fallbacks({one.name: one.fallback for one in found.active})
    if found.required is not None and found.required > _counting(found):
        raise SettingsInvalid(
            f"{found.required} are required, but only {_counting(found)} independent ones can be "
            "had: a fallback stands in for another, and does not count beside it."
        )
    return found


def _check_entry(one: AuthorityEntry, names: list[str]) -> None:
    if not _NAME.fullmatch(one.name):
        raise SettingsInvalid(
            f"{one.name[:80]!r} is no name: 1 to 63 letters, digits, spaces and . _ - only."
        )
    try:
        parts = urlsplit(one.url)
        usable = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and one.url.isprintable()
            and " " not in one.url
        )
    except ValueError:
        usable = False
    if not usable:
        raise SettingsInvalid(f"{one.url[:200]!r} is no address like http://tsa.example/tsr.")
    if one.policy is not None and not _OID.fullmatch(one.policy):
        raise SettingsInvalid(f"{one.policy[:80]!r} is no policy like 1.2.3.4.")
    if one.fallback is not None and one.fallback not in names:
        raise SettingsInvalid(f"The fallback {one.fallback[:80]!r} is not among those asked.")


def _check_fallbacks(fallbacks: Mapping[str, str | None]) -> None:
    """Each stands in for one at most, and none for itself, however indirectly."""
    named = [one for one in fallbacks.values() if one is not None]
    if len(set(named)) != len(named):
        raise SettingsInvalid("An authority is the fallback of two others.")
    for name, fallback in fallbacks.items():
        at = fallback
        while at is not None and at != name:
            at = fallbacks[at]
        if at == name:
            raise SettingsInvalid(f"{name} is its own fallback.")


def _counting(found: AuthorityList) -> int:
    """How many independent ones are asked beside one another."""
    standing = {one.fallback for one in found.active}
    return sum(one.independent and one.name not in standing for one in found.active)


def _fewer(found: AuthorityList) -> int | None:
    """``required``, where so many are left; else all that are."""
    enough = found.required is not None and found.required <= _counting(found)
    return found.required if enough else None
