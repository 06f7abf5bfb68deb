"""What a monitor is told to watch for, as typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.files.reading import fingerprint_file
from evidence_ledger.core.digest import Algorithm, parse_digest
from evidence_ledger.core.held import Held
from evidence_ledger.core.note import LARGEST_NOTE, Note
from evidence_ledger.core.pem import certificates
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger_cli.input_file import named, read_capped, read_whole

_DIGEST = re.compile(r"[a-z0-9_-]{1,16}:[0-9A-Fa-f]+", re.ASCII)
_LARGEST_CERTIFICATE = 1 << 20
_ZIP = b"PK\x03\x04"


def files(typed: Sequence[str]) -> dict[tuple[Algorithm, bytes], str]:
    """Digests like sha256:HEX, and files, which are hashed here. Raises FormatError,
    FileUnreadable.
    """
    found = {parse_digest(one): one for one in typed if _DIGEST.fullmatch(one)}
    for path in (one for one in typed if not _DIGEST.fullmatch(one)):
        found[Algorithm.SHA256, fingerprint_file(path).sha256] = path
    return found


def signers(paths: Sequence[Path]) -> dict[bytes, str]:
    """The SHA-256 of X.509 certificates, PEM or DER: the first of each file, and its name.

    Raises FileUnreadable, FormatError.
    """
    return {sha256(_certificate(path)).digest(): str(path) for path in paths}


def _certificate(path: Path) -> bytes:
    data = read_whole(path, _LARGEST_CERTIFICATE)
    if b"-----BEGIN" in data:
        return certificates(data, where=str(path))[0]
    with named(path):
        return parse_certificate(data).raw


def held(path: Path) -> Held:
    """What a certificate or a signed checkpoint in a file holds.

    Raises FileUnreadable, FormatError, Refused.
    """
    data = read_capped(path, LARGEST_NOTE)
    if not data.startswith(_ZIP):
        with named(path):
            return Held.of(Note.parse(data))
    with named(path), input_errors(path), path.open("rb") as source:
        return Held.of_certificate(source)
