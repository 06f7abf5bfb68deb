"""The hash chain: how accepted statements become entries (pure; the store only writes it down)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.edge import Edge, FullTile
from evidence_ledger.core.entry import NO_ENTRY, entry_bytes, leaf_hash
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.statement import Reference, TreePoint

NOTHING = TreePoint(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest state: number of entries, leaf hash of the last one, and its ``received``."""

    size: int = 0
    last: bytes = NO_ENTRY
    received: datetime | None = None


class IndexedDigest(NamedTuple):
    """A file's digest to be found by: claim position, digest name, digest."""

    position: int
    algorithm: str
    digest: bytes


class Admission(NamedTuple):
    """A statement that passed every check, with what is stored beside its entry.

    ``claims`` are canonical bytes in order (empty for a private deposit); ``leaves`` are the
    record tree's leaves of its files, 32 bytes each. ``signer`` is the SHA-256 of the X.509
    certificate that signed it, ``after`` and ``refs`` what it says of the ledger; ``mark`` is the
    entry's, if it has one.
    """

    kind: str
    statement: bytes
    signature: bytes
    signer: bytes
    after: TreePoint
    claims: Sequence[bytes] = ()
    digests: Sequence[IndexedDigest] = ()
    leaves: bytes = b""
    refs: Sequence[Reference] = ()
    mark: bytes | None = None


@dataclass(frozen=True, slots=True)
class AppendedEntry:
    """An entry as it is to be written."""

    index: int
    entry: bytes
    leaf_hash: bytes
    statement_hash: bytes
    admission: Admission


@dataclass(frozen=True, slots=True)
class Extension:
    """All that one append writes: entries, tiles that became full, and the new head."""

    entries: Sequence[AppendedEntry]
    tiles: Sequence[FullTile]
    head: Head


def extend(
    head: Head, edge: Edge, admissions: Sequence[Admission], received: datetime
) -> Extension:
    """Chain ``admissions`` behind ``head`` and push their leaf hashes onto ``edge``.

    ``edge`` must stand at ``head.size`` and is changed: drop it when the append fails.
    """
    text = time_text(received, microseconds=True)
    last, entries = head.last, []
    for index, admission in enumerate(admissions, head.size):
        statement = hashlib.sha256(admission.statement).digest()
        signature = hashlib.sha256(admission.signature).digest()
        data = entry_bytes(index, admission.kind, last, text, signature, statement, admission.mark)
        last = leaf_hash(data)
        entries.append(AppendedEntry(index, data, last, statement, admission))
    tiles = edge.push_many([entry.leaf_hash for entry in entries])
    return Extension(entries, tiles, Head(head.size + len(entries), last, received))
