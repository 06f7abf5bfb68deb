"""``witnesses.toml``: which witnesses a ledger's seals ask, and how many are enough.

    v = 1
    deadline = 10           seconds that a seal waits for their answers

    [[witness]]
    name = "notaries"
    url = "https://witness.notaries.example/"     its submission prefix
    vkeys = ["notaries.example+1f2e3d4c+BAbc…"]   all its keys
    since = 2026-11-22T12:00:00Z    seals made before it are not completed with it
    timeout = 5             seconds for one request
    operator_run = true     whoever runs the ledger runs it too
    ed25519_only = true     it takes small bodies: it gets the ledger's short signature alone
    retired = true          no longer asked; the audit still needs its keys

    [[group]] and [quorum]  as in a trust policy; without a quorum, all that are listed

Unknown members are refused: a misspelt setting must not silently be none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.settings_file import read_settings
from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.policy_table import PolicyTable
from evidence_ledger.core.policy_text import quorum_blocks
from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.quorum_text import check_groups, check_quorum, read_quorum
from evidence_ledger.core.tlog_policy import WITNESS_TYPES
from evidence_ledger.core.toml_text import toml_text
from evidence_ledger.core.trust_policy import check_cosigners
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import SettingsInvalid, UsageError

VERSION: Final = 1
LARGEST: Final = 1024 * 1024
MOST: Final = 32
MOST_KEYS: Final = 8

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}", re.ASCII)
_TABLES: Final = {"v", "deadline", "witness", "group", "quorum"}
_MEMBERS: Final = {"name", "url", "vkeys", "since", "timeout", "operator_run", "ed25519_only"}


@dataclass(frozen=True, slots=True)
class WitnessEntry:
    """One witness; ``vkeys`` are never none, and of types for cosignatures. Whole seconds."""

    name: str
    url: str
    vkeys: tuple[str, ...]
    since: datetime
    timeout: int = 5
    operator_run: bool = False
    ed25519_only: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class WitnessList:
    """What the file says; without a file, nobody is asked."""

    entries: tuple[WitnessEntry, ...] = ()
    quorum: Quorum = field(default_factory=Quorum)
    deadline: int = 10

    @property
    def active(self) -> tuple[WitnessEntry, ...]:
        """Those that are asked."""
        return tuple(one for one in self.entries if not one.retired)

    def added(self, entry: WitnessEntry) -> WitnessList:
        """With one more, or with one again that was retired; it keeps the keys that it had.

        Raises UsageError, SettingsInvalid, FormatError.
        """
        if entry.name in (one.name for one in self.active):
            raise UsageError(
                f"There is a witness called {entry.name} already.",
                hint="Give another name with --name, or remove that one first.",
            )
        before = [key for one in self.entries if one.name == entry.name for key in one.vkeys]
        fresh = replace(entry, vkeys=tuple(dict.fromkeys([*entry.vkeys, *before])))
        others = (one for one in self.entries if one.name != entry.name)
        return _checked(replace(self, entries=(*others, fresh)))

    def removed(self, name: str) -> WitnessList:
        """With one no longer asked. Raises UsageError where there is none, or a group needs it."""
        if name not in (one.name for one in self.active):
            raise UsageError(
                f"There is no witness called {name[:80]}.", hint="See: evidence cosigner list"
            )
        self._require_unused(name)
        entries = (replace(one, retired=True) if one.name == name else one for one in self.entries)
        rest = replace(self, entries=tuple(entries))
        most, own = _counting(rest)
        quorum = replace(
            self.quorum,
            witnesses=min(self.quorum.witnesses, most),
            independent=min(self.quorum.independent, own),
        )
        return _checked(replace(rest, quorum=quorum))

    def grouped(self, group: Group) -> WitnessList:
        """With a group more, or another in place of the one of that name. Raises as ``added``."""
        groups = self.quorum.groups
        if group.name in (one.name for one in groups):
            changed = tuple(group if one.name == group.name else one for one in groups)
        else:
            changed = (*groups, group)
        return _checked(replace(self, quorum=replace(self.quorum, groups=changed)))

    def ungrouped(self, name: str) -> WitnessList:
        """Without a group. Raises UsageError where there is none, or another needs it."""
        groups = tuple(one for one in self.quorum.groups if one.name != name)
        if groups == self.quorum.groups:
            raise UsageError(f"There is no group called {name[:80]}.")
        self._require_unused(name)
        return _checked(replace(self, quorum=replace(self.quorum, groups=groups)))

    def needing(self, witnesses: int, independent: int, group: str | None) -> WitnessList:
        """With another quorum. Raises as ``added``."""
        quorum = Quorum(witnesses, independent, group, self.quorum.groups)
        return _checked(replace(self, quorum=quorum))

    def _require_unused(self, name: str) -> None:
        users = [one.name for one in self.quorum.groups if name in one.members]
        users += ["the quorum"] if self.quorum.group == name else []
        if users:
            raise UsageError(f"{users[0]} needs {name[:80]}.", hint="Change that first.")

    def encode(self) -> bytes:
        """The file."""
        head = [
            "# The witnesses that seals ask. See: evidence cosigner --help",
            f"v = {VERSION}",
            f"deadline = {self.deadline}",
        ]
        blocks = ["\n".join(head) + "\n", *map(_entry_text, self.entries)]
        return "\n".join([*blocks, *quorum_blocks(self.quorum)]).encode()

    def save(self, path: Path) -> None:
        """Write the file in place of the one there. Raises OutputUnwritable."""
        durable_file.replace(path, self.encode())

    @classmethod
    def load(cls, path: Path) -> WitnessList:
        """The list in a file; nobody where there is none.

        Raises FileUnreadable, SettingsInvalid.
        """
        with input_errors(path):
            if not path.exists():
                return cls()
        return read_settings(path, "The list of witnesses", LARGEST, parse)


def parse(data: bytes) -> WitnessList:
    """The list in a file's bytes. Raises SettingsInvalid, FormatError."""
    if len(data) > LARGEST:
        raise SettingsInvalid(f"It is larger than {LARGEST} bytes.")
    try:
        document = PolicyTable(tomllib.loads(data.decode("utf-8")), "witnesses")
    except (ValueError, RecursionError) as error:
        raise SettingsInvalid(f"It is not TOML: {error}.") from error
    if document.whole("v", 0) != VERSION:
        raise SettingsInvalid(f"It is not of version {VERSION}.")
    document.only(_TABLES)
    entries = tuple(map(_entry, document.tables("witness")))
    active = [one for one in entries if not one.retired]
    quorum = read_quorum(document, [one.name for one in active], _operator_run(active))
    return _checked(WitnessList(entries, quorum, document.whole("deadline", 10)))


def _operator_run(entries: Sequence[WitnessEntry]) -> frozenset[str]:
    return frozenset(one.name for one in entries if one.operator_run)


def _entry(table: PolicyTable) -> WitnessEntry:
    table.only(_MEMBERS | {"retired"})
    return WitnessEntry(
        name=table.text("name"),
        url=table.text("url"),
        vkeys=table.texts("vkeys"),
        since=table.moment("since"),
        timeout=table.whole("timeout", 5),
        operator_run=table.flag("operator_run", default=False),
        ed25519_only=table.flag("ed25519_only", default=False),
        retired=table.flag("retired", default=False),
    )


def _entry_text(one: WitnessEntry) -> str:
    keys = "".join(f"    {toml_text(key)},\n" for key in one.vkeys)
    flags = [
        ("operator_run", one.operator_run),
        ("ed25519_only", one.ed25519_only),
        ("retired", one.retired),
    ]
    lines = [
        "[[witness]]",
        f"name = {toml_text(one.name)}",
        f"url = {toml_text(one.url)}",
        f"vkeys = [\n{keys}]",
        f"since = {time_text(one.since)}",
        f"timeout = {one.timeout}",
        *(f"{name} = true" for name, is_set in flags if is_set),
    ]
    return "\n".join(lines) + "\n"


def _checked(found: WitnessList) -> WitnessList:
    """The list with its quorum's marks in place. Raises SettingsInvalid, FormatError."""
    names = [one.name for one in found.entries]
    if len(set(names)) != len(names):
        raise SettingsInvalid("Names must differ from one another.")
    if len(found.active) > MOST:
        raise SettingsInvalid(f"There are more than {MOST} witnesses.")
    if not 1 <= found.deadline <= 600:
        raise SettingsInvalid("The deadline is 1 to 600 seconds.")
    keys = [(one.name, key) for one in found.entries for key in _keys(one)]
    if len({key.key for _, key in keys}) != len(keys):
        raise SettingsInvalid("Two witnesses have the same key.")
    check_cosigners(keys)
    active = [one.name for one in found.active]
    quorum = replace(found.quorum, operator_run=_operator_run(found.active))
    check_groups(quorum.groups, active)
    check_quorum(quorum, active)
    _check_reachable(replace(found, quorum=quorum))
    return replace(found, quorum=quorum)


def _check_reachable(found: WitnessList) -> None:
    if not found.quorum.met_by([one.name for one in found.active]):
        raise SettingsInvalid(
            "The quorum asks for more than all witnesses together.",
            hint="Add witnesses first. A witness that the operator runs is never independent.",
        )


def _keys(one: WitnessEntry) -> list[VerifierKey]:
    if not _NAME.fullmatch(one.name):
        raise SettingsInvalid(
            f"{one.name[:80]!r} is no name: 1 to 63 letters, digits, spaces and . _ - only."
        )
    if not _is_address(one.url):
        raise SettingsInvalid(f"{one.url[:200]!r} is no address like https://witness.example/.")
    if not 1 <= one.timeout <= 600:
        raise SettingsInvalid("A witness's timeout is 1 to 600 seconds.")
    keys = [VerifierKey.parse(text) for text in one.vkeys]
    if not 1 <= len(keys) <= MOST_KEYS or not all(key.type in WITNESS_TYPES for key in keys):
        raise SettingsInvalid(f"{one.name} needs 1 to {MOST_KEYS} keys for cosignatures.")
    return keys


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
    except ValueError:
        return False
    return is_whole and not parts.fragment and url.isprintable() and " " not in url


def _counting(found: WitnessList) -> tuple[int, int]:
    """How many are asked, and how many of those the operator does not run."""
    active = found.active
    return len(active), sum(not one.operator_run for one in active)
