"""A ledger's settings: ``settings.toml`` in its folder.

    v = 1
    origin = "local/3f9c1a7e"
    digests = ["sha256", "sm3"]
    database = "postgresql://evidence@db.example/ledger"
    operator = "77ab…"

They are chosen once, by ``evidence init``; ``evidence move`` changes the database alone. Without
``database`` it is the file ``ledger.sqlite`` beside; a path is one from there. No password is here.
``operator`` is the SHA-256 of the first operator's X.509 certificate; it is there where the
operator's key was rotated since.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.settings_file import read_settings
from evidence_ledger.core.canonical import hex_bytes
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.statement import origin as checked_origin
from evidence_ledger.core.toml_text import toml_text
from evidence_ledger.errors import SettingsInvalid

VERSION = 1
LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """The ledger's origin, the digests that every deposit has (SHA-256 always), and where its rows
    are: the address of a database, or a path; empty for the file beside.

    ``operator`` is whose X.509 certificate (SHA-256) the first operator's was, if not today's.
    """

    origin: str
    digests: tuple[Algorithm, ...] = (Algorithm.SHA256,)
    database: str = ""
    operator: bytes | None = None

    def save(self, path: Path) -> None:
        """Write a new settings file. Raises OutputExists, OutputUnwritable."""
        write_new(path, self.encode())

    def replace(self, path: Path) -> None:
        """Write the settings file in place of the one that is there. Raises OutputUnwritable."""
        durable_file.replace(path, self.encode())

    def with_operator(self, operator: bytes) -> Settings:
        """The same, which say who the first operator was."""
        return replace(self, operator=operator)

    def encode(self) -> bytes:
        """The file's bytes. Raises SettingsInvalid for a path that is not UTF-8."""
        digests = ", ".join(toml_text(name.value) for name in self.digests)
        text = f"v = {VERSION}\norigin = {toml_text(self.origin)}\ndigests = [{digests}]\n"
        if self.database:
            text += f"database = {toml_text(self.database)}\n"
        if self.operator:
            text += f'operator = "{self.operator.hex()}"\n'
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise SettingsInvalid("Settings can't name a path that is not UTF-8.") from error

    @classmethod
    def load(cls, path: Path) -> Settings:
        """The settings in a file. Raises FileUnreadable, SettingsInvalid."""
        return read_settings(
            path, "The settings", LARGEST, lambda data: _settings(tomllib.loads(_whole(data)))
        )


def _whole(data: bytes) -> str:
    if len(data) > LARGEST:
        raise SettingsInvalid(f"They are larger than {LARGEST} bytes.")
    return data.decode("utf-8")


def _settings(members: dict[str, object]) -> Settings:
    version = members.get("v")
    if type(version) is not int or version != VERSION:
        raise SettingsInvalid(f"They are not of version {VERSION}.")
    strange = sorted(set(members) - {"v", "origin", "digests", "database", "operator"})
    if strange:
        raise SettingsInvalid(f"{strange[0]!r} is no setting.")
    origin, digests = members.get("origin"), members.get("digests")
    if not isinstance(origin, str) or not isinstance(digests, list):
        raise SettingsInvalid("origin must be a text and digests a list.")
    database = members.get("database", "")
    if not isinstance(database, str):
        raise SettingsInvalid("database must be a text.")
    chosen = tuple(dict.fromkeys([Algorithm.SHA256, *map(Algorithm, digests)]))
    operator = members.get("operator")
    return Settings(checked_origin(origin), chosen, database, _operator(operator))


def _operator(value: object) -> bytes | None:
    return None if value is None else hex_bytes(value, 32, where="operator")
