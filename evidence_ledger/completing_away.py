"""Completeness certificates of a ledger that is served elsewhere.

All entries are read from the ledger's public files, and the docket is made here: the matter's key
is not sent to anybody.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from evidence_ledger.core import certificate, certificate_writer, entry, merkle
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.completeness import verify_completeness
from evidence_ledger.core.container import Container
from evidence_ledger.core.docket import Docket, docket_of
from evidence_ledger.core.entry import ROLL
from evidence_ledger.core.log_audit import TileSource, fetched
from evidence_ledger.core.matter import MatterKeys
from evidence_ledger.core.note import Note
from evidence_ledger.core.readme_completeness import completeness_readme
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.roll import Roll
from evidence_ledger.core.tile import level_paths, parse_bundle
from evidence_ledger.desk import whole_file
from evidence_ledger.errors import (
    FormatError,
    NoSuchEntry,
    NotSealed,
    Refused,
    ServerAnswerInvalid,
)


class CertificateSource(Protocol):
    """Where the certificates of entries are had."""

    def certificate(self, index: int) -> bytes:
        """The certificate of an entry, without its claims."""
        ...


@dataclass(slots=True)
class _Read:
    """What a pass over the public entries finds: leaf hashes, marks by index, the matter's own."""

    leaves: list[bytes] = field(default_factory=list)
    marks: list[tuple[bytes, int]] = field(default_factory=list)
    own: dict[bytes, bytes] = field(default_factory=dict)
    last_roll: int | None = None


def write_completeness_away(
    log: TileSource, server: CertificateSource, matter: MatterKeys, out: Path, at: datetime
) -> Certificate:
    """Write the completeness certificate of a matter to ``out``; its parts.

    Raises NotSealed where the ledger has no roll, NoSuchEntry where the matter has no entry before
    it, ServerAnswerInvalid where what the server gives does not stand, and what the sources raise.
    """
    try:
        point = Checkpoint.parse(Note.parse(log.checkpoint()).text)
        if point.origin != matter.ledger:
            raise ServerAnswerInvalid(f"The server shows the entries of {point.origin[:80]}.")
        read = _read(log, point, matter)
        if read.last_roll is None:
            raise NotSealed("No roll of the ledger's marks is sealed yet.")
        parts = certificate.parse(Container(io.BytesIO(server.certificate(read.last_roll))))
        made = entry.parse(parts.entry)
        sealed = Checkpoint.parse(Note.parse(parts.checkpoint).text)
        parts = replace(parts, docket=_docket(read, matter, made, sealed).encode())
        data = _written(parts, made.received)
    except (FormatError, Refused) as error:
        raise ServerAnswerInvalid(f"What the server gave can't be read: {error}") from error
    for step in verify_completeness(io.BytesIO(data), (), None, at).steps:
        if step.verdict is Verdict.FAILED:
            raise ServerAnswerInvalid(f"What the server gave does not stand: {step.says}")
    with whole_file(out) as file:
        file.write(data)
    return parts


def _read(log: TileSource, point: Checkpoint, matter: MatterKeys) -> _Read:
    read, wanted = _Read(), set(matter.marks)
    for path in level_paths(None, point.size):
        data, width = fetched(log, path)
        for one in parse_bundle(data, width)[: path.width]:
            _take(read, one, wanted)
    return read


def _take(read: _Read, data: bytes, wanted: set[bytes]) -> None:
    parsed, index = entry.parse(data), len(read.leaves)
    read.leaves.append(entry.leaf_hash(data))
    if parsed.kind == ROLL:
        read.last_roll = index
    elif parsed.mark is not None:
        read.marks.append((parsed.mark, index))
        if parsed.mark in wanted:
            read.own[parsed.mark] = data


def _docket(read: _Read, matter: MatterKeys, made: entry.Entry, sealed: Checkpoint) -> Docket:
    roll = Roll()
    for mark, index in read.marks:
        if index < made.index:
            roll.add(mark, index)
    entries: list[tuple[bytes, Sequence[bytes]]] = []
    leaves = read.leaves[: sealed.size]
    for mark in matter.marks:
        data = read.own.get(mark)
        if data is None or entry.parse(data).index >= made.index:
            break
        entries.append((data, merkle.inclusion_proof(leaves, entry.parse(data).index)))
    if not entries:
        raise NoSuchEntry(f"Before entry {made.index} there is no entry of this matter.")
    return docket_of(matter, entries, roll)


def _written(parts: Certificate, moment: datetime) -> bytes:
    out = io.BytesIO()
    readme = completeness_readme(parts).encode()
    certificate_writer.write(parts, out, moment, readme=readme)
    return out.getvalue()
