"""The options by which someone says whom they trust for a time, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.core import ocsp_response, revocation_list
from evidence_ledger.core.pem import certificates, revocation_lists
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.errors import Undecided
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import named, read_whole

_LARGEST_PEM: Final = 8 * 1024 * 1024
_NAMES: Final = ("roots", "intermediates", "crls", "ocsps", "revocation_demanded", "at")

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class TrustOptions:
    """What was given."""

    roots: Path | None
    intermediates: Path | None
    crls: tuple[Path, ...]
    ocsps: tuple[Path, ...]
    revocation_demanded: bool
    at: datetime | None

    def trust(self) -> TimeTrust:
        """What it means. Raises FileUnreadable, FormatError."""
        roots = _certificates(self.roots)
        return TimeTrust(
            roots,
            self.at or SystemClock().now(),
            _certificates(self.intermediates),
            RevocationData(tuple(_lists(self.crls)), tuple(_responses(self.ocsps))),
            roots if self.revocation_demanded else (),
        )


def trust_options(*, roots_required: bool) -> Callable[[_F], _F]:
    """Gives a command these options, all in one argument ``trusted``."""

    def decorate(command: _F) -> _F:
        @wraps(command)
        def joined(**values: Any) -> Any:
            own = {name: values.pop(name) for name in _NAMES}
            return command(trusted=TrustOptions(**own), **values)

        whole: Any = joined
        for option in reversed(_options(roots_required=roots_required)):
            whole = option(whole)
        return whole  # type: ignore[no-any-return]  # the command itself, with options

    return decorate


def _options(*, roots_required: bool) -> list[Callable[[_F], _F]]:
    return [
        click.option(
            "--roots",
            type=options.input_file(),
            required=roots_required,
            metavar="PEM",
            help="Root X.509 certificates that you trust.",
        ),
        click.option(
            "--intermediates",
            type=options.input_file(),
            metavar="PEM",
            help="X.509 certificates between an authority's and a root.",
        ),
        click.option(
            "--crl",
            "crls",
            type=options.input_file(),
            multiple=True,
            metavar="FILE",
            help="Revocation lists of the issuers, PEM or DER.",
        ),
        click.option(
            "--ocsp",
            "ocsps",
            type=options.input_file(),
            multiple=True,
            metavar="FILE",
            help="An OCSP response, DER.",
        ),
        click.option(
            "--revocation-demanded",
            is_flag=True,
            help="Only X.509 certificates that are known not to be revoked count.",
        ),
        options.at,
    ]


def _certificates(path: Path | None) -> tuple[bytes, ...]:
    return certificates(read_whole(path, _LARGEST_PEM), where=str(path)) if path else ()


def _lists(paths: Sequence[Path]) -> list[bytes]:
    """The lists in files; a damaged one is an error, not a lack of revocation data."""
    found = []
    for path in paths:
        whole = read_whole(path, revocation_list.LARGEST * 2)
        for one in revocation_lists(whole, where=str(path)):
            with named(path):
                _readable(revocation_list.parse_list, one)
            found.append(one)
    return found


def _responses(paths: Sequence[Path]) -> list[bytes]:
    found = [read_whole(path, ocsp_response.LARGEST) for path in paths]
    for path, one in zip(paths, found, strict=True):
        with named(path):
            _readable(ocsp_response.parse_response, one)
    return found


def _readable(parse: Callable[[bytes], object], data: bytes) -> None:
    """Raises FormatError; whether what is readable can be used is for the check."""
    with suppress(Undecided):
        parse(data)
