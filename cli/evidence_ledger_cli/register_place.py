"""What the commands ``evidence register`` share: who is meant, who acts, what is entered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_ledger.core import pem
from evidence_ledger.core.role import Role
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import UsageError
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import read_whole
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.password import with_password
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.assembly import OpenLedger
    from evidence_ledger.author import Author
    from evidence_ledger.core.administration import Act
    from evidence_ledger.core.register import Register
    from evidence_ledger.desk import Field
    from evidence_ledger.ledger import Receipt

LARGEST = 1 << 20
_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)

roles = click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    default=(Role.DEPOSITOR.value,),
    show_default=True,
    help="What the signer may do; repeatable.",
)
key = click.option(
    "--key",
    type=options.input_file(),
    metavar="FILE",
    help="Sign with this operator's key (PEM, PKCS#12 or token) instead of the ledger's own.",
)


def certificate_in(text: str) -> bytes:
    """The first X.509 certificate in a file (DER). Raises FileUnreadable, FormatError."""
    return pem.certificates(read_whole(Path(text), LARGEST), where=text)[0]


def whom(text: str) -> bytes:
    """The SHA-256 of the X.509 certificate in a file, or the one that is written in hex.

    Raises FileUnreadable, FormatError.
    """
    if _HEX.fullmatch(text) and not Path(text).exists():
        return bytes.fromhex(text)
    return hashlib.sha256(certificate_in(text)).digest()


def subject(text: str) -> str:
    """Who that is, as far as it is known."""
    if _HEX.fullmatch(text) and not Path(text).exists():
        return text.lower()
    return parse_certificate(certificate_in(text)).subject_text


def roles_of(names: Sequence[str]) -> frozenset[Role]:
    """The roles that were chosen."""
    return frozenset(map(Role, names))


def operator(ledger: OpenLedger, key: Path | None, password_file: Path | None) -> Author:
    """Who acts: the ledger's own operator, or the one whose key is named."""
    from evidence_ledger.assembly import open_depositor

    if key is None:
        if password_file is not None:
            raise UsageError("--password-file goes with --key.")
        return ledger.operator
    return with_password(lambda word: open_depositor(ledger.home, word, key), password_file)


def enter(ledger: OpenLedger, author: Author, act: Act, fields: Sequence[Field] = ()) -> Receipt:
    """Enter an act of administration. Raises NotAllowed, and ActRefused where it makes no sense."""
    from evidence_ledger.author import Context

    context = Context(ledger.settings.origin, ledger.ledger.point())
    return ledger.ledger.deposit([author.administration(act, context, fields)])[0]


def current(ledger: OpenLedger) -> Register:
    """The register as all entries made it."""
    return ledger.ledger.registrar.at(ledger.ledger.store.head().size)


def tell_same(act: Act, says: str, *, json: bool) -> None:
    """Say that it is so already: nothing was entered, and ``index`` is null."""
    from evidence_ledger.core.administration import act_json

    if json:
        show_json({"index": None, "administration": act_json(act)})
    else:
        show(safe_line(says))
        show("  nothing was entered")


def tell(receipt: Receipt, act: Act, says: str, *, json: bool) -> None:
    """Say what was entered."""
    from evidence_ledger.core.administration import act_json

    if json:
        show_json({"index": receipt.index, "administration": act_json(act)})
    else:
        show(safe_line(says))
        show(f"  entry {receipt.index}; the next seal timestamps it")
