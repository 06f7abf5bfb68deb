"""The well-known public authorities of ``presets.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Preset:
    """One authority. ``url`` is None where none is known; ``interval`` is in seconds.

    ``roots`` are the names of its root X.509 certificates; ``sha256`` pins those that are certain.
    """

    name: str
    title: str
    url: str | None = None
    interval: int = 0
    roots: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The preset as JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "url": self.url,
            "interval": self.interval,
            "roots": list(self.roots),
            "sha256": list(self.sha256),
            "quirks": list(self.quirks),
        }


def presets() -> Mapping[str, Preset]:
    """All presets by name, in the file's order."""
    text = (files("evidence_ledger.adapters.timestamping") / "presets.toml").read_text("utf-8")
    return {name: _preset(name, table) for name, table in tomllib.loads(text).items()}


def _preset(name: str, table: Mapping[str, object]) -> Preset:
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Preset(name, **{**table, **lists})  # type: ignore[arg-type]  # a test reads every one
