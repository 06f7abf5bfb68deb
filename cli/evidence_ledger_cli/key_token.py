"""Choosing a key in a PKCS #11 token on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.password import Terminal, password_in

if TYPE_CHECKING:
    from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What was said of a key in a token; ``module`` is the token's library."""

    module: Path | None
    token: str | None
    label: str | None
    key_id: str | None
    pss: bool

    def require_none(self) -> None:
        """Raises UsageError where something was said of a token, but not its library."""
        said = {"token": self.token, "label": self.label, "id": self.key_id, "pss": self.pss}
        for name, value in said.items():
            if value:
                raise UsageError(f"--{name} goes with --pkcs11.")


def choosing(command: F) -> F:
    """The options that say which key is meant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--pkcs11",
        "module",
        type=options.input_file(),
        metavar="MODULE",
        help="The token's library, such as /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so.",
    ),
    click.option(
        "--token",
        metavar="LABEL",
        help="With --pkcs11: the token with this label or serial number, where there are several.",
    ),
    click.option("--label", metavar="LABEL", help="With --pkcs11: the key with this label."),
    click.option("--id", "key_id", metavar="HEX", help="With --pkcs11: the key with this id."),
    click.option("--pss", is_flag=True, help="With --pkcs11: let an RSA key sign by RSASSA-PSS."),
)


def find(
    wanted: TokenKey, module: Path, certificates: Path | None, password_file: Path | None
) -> Pkcs11Signer:
    """The key in the token, after a signature that its X.509 certificate verifies.

    Raises UsageError, KeyUnusable.
    """
    from evidence_ledger.adapters.keys.key_files import read_certificates
    from evidence_ledger.adapters.keys.pin_desk import Pins
    from evidence_ledger.adapters.keys.pkcs11_signer import require_pkcs11

    key_id = _id(wanted.key_id)
    require_pkcs11()
    from evidence_ledger.adapters.keys.pkcs11_import import Choice, import_key

    beside = read_certificates(certificates) if certificates else []
    pins = Pins(password_in(password_file), desk=Terminal())
    choice = Choice(wanted.token, wanted.label, key_id, wanted.pss)
    return import_key(module, choice, pins, beside)


def _id(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text.replace(":", ""))
    except ValueError as error:
        raise UsageError(f"{text!r} is no id in hexadecimal digits, such as 01af.") from error
