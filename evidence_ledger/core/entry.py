"""What the ledger appends for a statement: the Merkle leaf.

    {"index":0,"kind":"deposit","prev":"00…","received":"2026-11-22T10:00:00.000000Z",
     "signature":"5f…","statement":"9a…","v":1}        (one line, RFC 8785)

``prev`` is the leaf hash of the entry before (32 zero bytes for the first); ``statement`` and
``signature`` are the SHA-256 of their exact bytes. Nothing personal is in an entry.

An entry may have a ``mark`` of 32 bytes behind its ``kind``. Those of a matter look random to
whoever lacks its keys (see ``core.matter``); that of an entry of kind ``roll`` is the root over all
marks before it (see ``core.roll``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import canonical
from evidence_ledger.core.merkle import leaf_hash as leaf_hash
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 1024
NO_ENTRY = bytes(32)
ROLL = "roll"
KIND = re.compile(r"[a-z][a-z-]{0,31}", re.ASCII)

_FORM = re.compile(
    rb'\{"index":(0|[1-9][0-9]{0,15}),"kind":"([a-z][a-z-]{0,31})",'
    rb'(?:"mark":"([0-9a-f]{64})",)?"prev":"([0-9a-f]{64})",'
    rb'"received":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)",'
    rb'"signature":"([0-9a-f]{64})","statement":"([0-9a-f]{64})","v":1\}'
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; ``index`` counts from 0, ``received`` is the ledger's clock in UTC."""

    index: int
    kind: str
    prev: bytes
    received: datetime
    signature: bytes
    statement: bytes
    mark: bytes | None = None

    def encode(self) -> bytes:
        """The canonical bytes."""
        received = canonical.time_text(self.received, microseconds=True)
        return entry_bytes(
            self.index,
            self.kind,
            self.prev,
            received,
            self.signature,
            self.statement,
            self.mark,
        )


def entry_bytes(
    index: int,
    kind: str,
    prev: bytes,
    received: str,
    signature: bytes,
    statement: bytes,
    mark: bytes | None = None,
) -> bytes:
    """The canonical bytes of an entry from its parts; ``received`` is already canonical text."""
    marked = "" if mark is None else f'"mark":"{mark.hex()}",'
    return (
        f'{{"index":{index},"kind":"{kind}",{marked}"prev":"{prev.hex()}","received":"{received}",'
        f'"signature":"{signature.hex()}","statement":"{statement.hex()}","v":1}}'
    ).encode("ascii")


def parse(data: bytes) -> Entry:
    """The entry whose canonical bytes are exactly ``data``. Raises FormatError, NewerFormat."""
    match = _FORM.fullmatch(data)
    if match is None or int(match[1]) > canonical.LARGEST_INTEGER:
        raise _misfit(data)
    index, kind, mark, prev, received, signature, statement = match.groups()
    if (kind == b"roll" and mark is None) or (kind == b"seal" and mark is not None):
        raise FormatError("entry.mark", "A roll's entry has a mark, and a seal's has none.")
    moment = canonical.time_of(received.decode(), where="entry.received", microseconds=True)
    return Entry(
        index=int(index),
        kind=kind.decode(),
        prev=bytes.fromhex(prev.decode()),
        received=moment,
        signature=bytes.fromhex(signature.decode()),
        statement=bytes.fromhex(statement.decode()),
        mark=None if mark is None else bytes.fromhex(mark.decode()),
    )


def _misfit(data: bytes) -> FormatError:
    value = canonical.decode(data, what="entry", limit=LARGEST)
    version = value.get("v") if isinstance(value, dict) else None
    if isinstance(version, int) and version > VERSION:
        return NewerFormat("entry.newer", f"The entry has version {version}.", where="entry.v")
    return FormatError("entry.malformed", "The entry does not have the members it must have.")
