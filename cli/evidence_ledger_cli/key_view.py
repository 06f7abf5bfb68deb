"""A signing key as commands show it: its X.509 certificate, never the key."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger_cli.output import show, show_json
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.adapters.keys.locked_key import PublicHalf
    from evidence_ledger.ports import Signer


def show_key(signer: Signer | PublicHalf, path: Path, *, json: bool) -> None:
    """Show whose key it is, how it signs, and how its X.509 certificate is named in policies."""
    certificate = parse_certificate(signer.chain[0])
    facts: dict[str, object] = {
        "file": str(path),
        "subject": certificate.subject_text,
        "scheme": signer.scheme,
        "valid_from": time_text(certificate.not_before),
        "valid_until": time_text(certificate.not_after),
        "certificate_sha256": hashlib.sha256(signer.chain[0]).hexdigest(),
        "chain": len(signer.chain),
        "private_key": _private(signer),
    } | _place(signer)
    if json:
        show_json(facts)
        return
    facts["private_key"] = _SAID[_private(signer)]
    for name, value in facts.items():
        show(f"{name.replace('_', ' '):<20} {safe_line(str(value))}")


_SAID = {
    "opened": "belongs to this X.509 certificate",
    "locked": "behind a password: not compared with this X.509 certificate",
    "absent": "not in this file",
    "token": "in a token",
}


def _private(signer: Signer | PublicHalf) -> str:
    """Whether the private key was seen, and with it that the X.509 certificate is its own."""
    from evidence_ledger.adapters.keys.locked_key import PublicHalf
    from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer

    if isinstance(signer, PublicHalf):
        return "locked" if signer.locked else "absent"
    return "token" if isinstance(signer, Pkcs11Signer) else "opened"


def _place(signer: Signer | PublicHalf) -> dict[str, object]:
    """Where the key is, of one in a token."""
    from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer

    if not isinstance(signer, Pkcs11Signer):
        return {}
    key = signer.reference
    return {
        "module": str(key.module),
        "token": key.token,
        "token_serial": os.fsdecode(key.serial),
        "key_label": key.label,
        "key_id": key.key_id.hex(),
    }
