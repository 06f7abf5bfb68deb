"""The ledger's operator gets another key: in the ledger first, then in its folder.

Interrupted, the same call again goes on where it was. The first operator's X.509 certificate is
noted in the settings before, since the register begins with it.
"""

from __future__ import annotations

import contextlib
import os

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.file_errors import output_errors
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.key_files import FileSigner, signer_file
from evidence_ledger.adapters.trust_addition import add_signer
from evidence_ledger.assembly import OpenLedger
from evidence_ledger.author import Author, Context
from evidence_ledger.core.role import Role
from evidence_ledger.errors import UsageError


def rotate_operator(place: OpenLedger, following: FileSigner) -> int | None:
    """Let ``following`` be the operator's key; the index of the entry that says so.

    None where that entry was there already. Open the ledger anew afterwards.
    Raises UsageError, NotAllowed, Refused, OutputUnwritable and what appending raises.
    """
    home, ledger = place.home, place.ledger
    author = Author(following, SystemClock(), SystemEntropy())
    if author.fingerprint == place.operator.fingerprint:
        raise UsageError("The ledger's operator has this key already.")
    if place.settings.operator is None:
        place.settings.with_operator(place.operator.fingerprint).replace(home.settings)
    index = None
    register = ledger.registrar.at(ledger.store.head().size)
    if Role.OPERATOR not in register.signers.get(author.fingerprint, ()):
        context = Context(ledger.origin, ledger.point())
        index = ledger.deposit([place.operator.rotation(author, context)])[0].index
    _keep_old(home, place.operator.fingerprint)
    durable_file.replace(home.operator, signer_file(following), mode=0o600)
    add_signer(home.trust, author.fingerprint)
    return index


def _keep_old(home: Home, fingerprint: bytes) -> None:
    kept = home.operator.with_name(f"operator-{fingerprint.hex()[:16]}.pem")
    with output_errors(kept), contextlib.suppress(FileExistsError):
        os.link(home.operator, kept)
