"""Simple containers: one file and one proof of its time (ETSI EN 319 162-1, 4.3: ASiC-S).

    mimetype   application/vnd.etsi.asic-s+zip
    lease.pdf  the file
    META-INF/timestamp.tst, or META-INF/evidencerecord.ers

The token's imprint, or the record's first list, holds the digest of the file itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from evidence_ledger.core.certificate_writer import EmbeddedFile, unchanged
from evidence_ledger.core.container_name import check_name, safe_name
from evidence_ledger.core.container_writer import ZIP64_FROM, ContainerWriter

MIMETYPE: Final = b"application/vnd.etsi.asic-s+zip"
TIMESTAMP: Final = "META-INF/timestamp.tst"
RECORD: Final = "META-INF/evidencerecord.ers"

_TAKEN: Final = frozenset({"mimetype", "meta-inf"})


@dataclass(frozen=True, slots=True)
class SimpleProof:
    """A bare token (``TIMESTAMP``) or an evidence record (``RECORD``), DER, by its member."""

    member: str
    data: bytes


def data_name(name: bytes) -> str:
    """The member that holds a file whose true name is ``name``."""
    plain = safe_name(name)
    return f"_{plain}" if check_name(plain) in _TAKEN else plain


def write_simple(out: BinaryIO, moment: datetime, file: EmbeddedFile, proof: SimpleProof) -> None:
    """Write the container into the seekable ``out``, from its beginning.

    Raises FileChanged where the file is not what its claim says.
    """
    writer = ContainerWriter(out, moment, MIMETYPE)
    writer.add_chunks(data_name(file.name), unchanged(file), wide=file.size >= ZIP64_FROM)
    writer.add(proof.member, proof.data)
    writer.close()
