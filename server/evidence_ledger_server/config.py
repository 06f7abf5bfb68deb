"""How a server is set up: a TOML file, then the environment, then flags; the last one counts.

    home = "/var/lib/evidence"
    port = 8440
    public_url = "https://ledger.example"
    trusted_proxies = ["127.0.0.1"]

In the environment the same names are written ``EVIDENCE_SERVER_PORT``; lists with commas.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evidence_ledger.adapters.database import PostgresqlDatabase, parse_address
from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.http_address import typed_address
from evidence_ledger.errors import SettingsInvalid, UsageError

PREFIX = "EVIDENCE_SERVER_"
LARGEST = 64 * 1024
MIB = 1 << 20
GIB = 1 << 30

Count = Annotated[int, Field(ge=1, le=1 << 40)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Config(BaseModel):
    """All settings of a server. Sizes are bytes, rates a minute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: Home.default().folder)
    database: str = Field(default="", repr=False)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8440
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    check_processes: Annotated[int, Field(ge=0, le=64)] = 1
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    policy: Path | None = None
    seal: bool = True
    seal_every: Seconds = 60.0
    seal_wait: Seconds = 60.0
    read_timeout: Seconds = 30.0
    stop_timeout: Seconds = 30.0
    access_log: bool = True
    page: bool = True
    files: Path | None = None
    largest_deposit: Count = 32 * MIB
    largest_certificate: Count = 256 * MIB
    largest_file: Count = 64 * GIB
    largest_presented: Count = GIB
    most_requests: Count = 512
    most_verifications: Count = 8
    most_waiting: Count = 2048
    most_body_bytes: Count = 512 * MIB
    requests_per_minute: Count = 60_000
    lookups_per_minute: Count = 60_000
    verifications_per_minute: Count = 6_000
    deposits_per_minute: Count = 600_000
    deposit_bytes_per_minute: Count = 4 * GIB
    reads_per_minute: Count = 6_000
    signature_window: Annotated[float, Field(gt=0, le=3600)] = 300.0

    @property
    def postgresql(self) -> PostgresqlDatabase | None:
        """Where the ledger's rows are, if not where its home says. Raises SettingsInvalid."""
        return parse_address(self.database) if self.database else None

    @property
    def trust(self) -> Path:
        """The trust policy that the server publishes and checks against."""
        return self.policy or Home(self.home).trust


def load_config(
    file: Path | None, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Config:
    """The settings of all three sources. Raises FileUnreadable, SettingsInvalid."""
    known = {} if file is None else _read(file)
    known |= _environment(environment)
    known |= {name: value for name, value in flags.items() if value is not None}
    try:
        config = Config.model_validate(known)
    except ValidationError as error:
        raise SettingsInvalid(_told(error), hint="See: docs/server.md") from error
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise SettingsInvalid("tls_certificate and tls_key go together.")
    _require_places(config)
    if config.tls_certificate is not None and config.tls_key is not None:
        _require_pair(config.tls_certificate, config.tls_key)
    return config


def _require_places(config: Config) -> None:
    """What can't be an address would only show in each request that it spoils."""
    for proxy in config.trusted_proxies:
        try:
            if proxy != "*":
                ip_network(proxy, strict=False)
        except ValueError as error:
            raise SettingsInvalid(
                "trusted_proxies: one of these is no IP address or network.",
                hint="Write it like 127.0.0.1 or 10.0.0.0/8; names are not looked up.",
            ) from error
    if config.public_url:
        try:
            typed_address(config.public_url)
        except UsageError as error:
            raise SettingsInvalid(
                "public_url is no http or https address.", hint=error.hint
            ) from error


def _require_pair(certificate: Path, key: Path) -> None:
    """Raises FileUnreadable, SettingsInvalid. A key with a password is left to the one who asks."""
    for file in (certificate, key):
        with input_errors(file):
            data = file.read_bytes()
    if b"ENCRYPTED" in data:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise SettingsInvalid(
            "tls_certificate and tls_key are not an X.509 certificate and its key.",
            where=f"{certificate}, {key}",
            hint="Both are PEM files; the certificate's issuers follow it in the same file.",
        ) from error


def _read(file: Path) -> dict[str, object]:
    with input_errors(file), file.open("rb") as source:
        data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SettingsInvalid(f"The settings have more than {LARGEST} bytes.", where=str(file))
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsInvalid("The settings are not UTF-8 text.", where=str(file)) from error
    except (ValueError, RecursionError) as error:
        raise SettingsInvalid(
            f"The settings are no TOML: {error}.", where=str(file), hint="See: docs/server.md"
        ) from error


def _environment(environment: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, text in environment.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX).lower()
        is_list = name == "trusted_proxies"
        found[name] = [one.strip() for one in text.split(",") if one.strip()] if is_list else text
    return found


def _told(error: ValidationError) -> str:
    """What is wrong, by the names that the user wrote, without the values: they may be secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(map(str, first["loc"])) or "settings"
    if first["type"] == "extra_forbidden":
        return f"{name!r} is no setting."
    return f"{name}: {first['msg'].lower()}."
