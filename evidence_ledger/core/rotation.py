"""The proof that whoever rotates a key holds the next one.

A CAdES-B-B signature by the next key over these lines, each with its newline:

    evidence-ledger/rotation/v1
    the ledger's origin
    SHA-256 of the present X.509 certificate, in hex
    SHA-256 of the next X.509 certificate, in hex

The statement with it is signed by the present key.
"""

from __future__ import annotations

import hashlib

from evidence_ledger.core import cades
from evidence_ledger.errors import Refused


def rotation_text(ledger: str, present: bytes, following: bytes) -> bytes:
    """What the next key signs. ``present`` and ``following`` are SHA-256s (32 bytes each)."""
    lines = ("evidence-ledger/rotation/v1", ledger, present.hex(), following.hex())
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def check_proof(proof: bytes, ledger: str, present: bytes, following: bytes) -> None:
    """The proof is by the next key. Raises Refused, FormatError, Undecided."""
    signed = cades.verify(proof, rotation_text(ledger, present, following))
    if hashlib.sha256(signed.certificate).digest() != following:
        raise Refused("rotation.other-key", "The proof is by another key than the next one.")
