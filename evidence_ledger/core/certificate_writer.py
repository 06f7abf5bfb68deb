"""Writes certificates. The same parts and moment give the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from evidence_ledger.core import certificate as names
from evidence_ledger.core import path_line
from evidence_ledger.core.certificate import (
    Certificate,
    DisclosedClaim,
    direct_record_name,
    embedded_name,
)
from evidence_ledger.core.container_writer import ZIP64_FROM, ContainerWriter
from evidence_ledger.core.record_manifest import CoveredObject, RecordManifest
from evidence_ledger.errors import FileChanged, UsageError

DEFLATE_FROM = 1000


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file that goes into the container.

    ``number`` is N of its claim ``file/N``; ``name`` the claim's name; ``size`` in bytes and
    ``sha256`` are the claim's, and the chunks must match them.
    """

    number: int
    name: bytes
    size: int
    sha256: bytes
    chunks: Iterable[bytes]


def covered_object(name: str, data: bytes) -> CoveredObject:
    """The manifest's line for the member ``name`` that holds ``data``."""
    return CoveredObject(name, hashlib.sha256(data).digest())


def write(
    parts: Certificate,
    out: BinaryIO,
    moment: datetime,
    *,
    readme: bytes,
    page: bytes | None = None,
    files: Sequence[EmbeddedFile] = (),
) -> None:
    """Write ``parts`` into the seekable ``out``, from its beginning.

    ``page`` is ``certificate.pdf``. Records over a file that is among ``files`` go where ASiC
    looks for them, the others under ``records/``. After an error ``out`` holds no certificate.
    Raises FileChanged where a file is not what its claim says, UsageError.
    """
    writer = ContainerWriter(out, moment)
    _write_core(writer, parts)
    _write_claims(writer, parts.claims)
    _write_records(writer, parts, {one.number: one for one in files})
    _write_tokens(writer, parts)
    _write_supplements(writer, parts)
    if page is not None:
        writer.add(names.PAGE, page)
    writer.add(names.README, readme)
    for one in sorted(files, key=lambda one: one.number):
        wide = one.size >= ZIP64_FROM
        writer.add_chunks(embedded_name(one.number, one.name), unchanged(one), wide=wide)
    writer.close()


def _write_core(writer: ContainerWriter, parts: Certificate) -> None:
    writer.add(names.STATEMENT, parts.statement)
    writer.add(names.SIGNATURE, parts.signature)
    writer.add(names.ENTRY, parts.entry)
    writer.add(names.PROOF, parts.proof)
    writer.add(names.CHECKPOINT, parts.checkpoint)
    if parts.vkeys:
        writer.add(names.VKEYS, parts.vkeys)
    if parts.docket:
        deflate = parts.docket.count(b"\n") >= DEFLATE_FROM
        writer.add(names.DOCKET, parts.docket, deflate=deflate)


def _write_claims(writer: ContainerWriter, claims: Sequence[DisclosedClaim]) -> None:
    if not claims:
        return
    partial = claims[0].path is not None
    if any((one.path is not None) != partial for one in claims):
        raise UsageError("Either all disclosed claims have paths, or none has.")
    if not partial and any(one.index != place for place, one in enumerate(claims)):
        raise UsageError("Claims without paths must be all claims, in order.")
    deflate = len(claims) >= DEFLATE_FROM
    writer.add_chunks(names.CLAIMS, _joined(claims, _claim_line), deflate=deflate)
    if partial:
        writer.add_chunks(names.PATHS, _joined(claims, _path_line), deflate=deflate)


def _joined(
    claims: Sequence[DisclosedClaim], line: Callable[[DisclosedClaim], bytes]
) -> Iterator[bytes]:
    """Lines in blocks: a write for each of 100,000 claims would take its time."""
    for start in range(0, len(claims), 1024):
        yield b"".join(map(line, claims[start : start + 1024]))


def _claim_line(one: DisclosedClaim) -> bytes:
    return one.data + b"\n"


def _path_line(one: DisclosedClaim) -> bytes:
    return path_line.encode(one.index, one.path or ())


def _write_records(
    writer: ContainerWriter, parts: Certificate, files: dict[int, EmbeddedFile]
) -> None:
    listed = [(one.covered, one.record) for one in parts.records]
    for number in sorted(parts.file_records.keys() & files.keys()):
        file = files[number]
        covered = CoveredObject(embedded_name(number, file.name), file.sha256)
        listed += [(covered, one.record) for one in parts.file_records[number]]
    for place, (covered, record) in enumerate(listed, 1):
        name = f"META-INF/evidencerecord-{place}.ers"
        manifest = RecordManifest(name, (covered,)).encode()
        writer.add(f"META-INF/ASiCEvidenceRecordManifest-{place}.xml", manifest)
        writer.add(name, record)
    for number in sorted(parts.file_records.keys() - files.keys()):
        labels = _labels([one.authority for one in parts.file_records[number]])
        for label, one in zip(labels, parts.file_records[number], strict=True):
            writer.add(f"records/file-{number}/{label}.ers", one.record)


def _write_tokens(writer: ContainerWriter, parts: Certificate) -> None:
    for number, tokens in sorted(parts.file_tokens.items()):
        labels = _labels([one.authority for one in tokens])
        for label, one in zip(labels, tokens, strict=True):
            writer.add(f"records/file-{number}/{label}.tst", one.token)
            if one.response is not None:
                writer.add(f"records/file-{number}/{label}.tsr", one.response)
            if one.record is not None:
                writer.add(direct_record_name(number, label), one.record)


def _labels(authorities: Sequence[str]) -> list[str]:
    """Names for members from names of authorities, made different where they are the same."""
    labels: list[str] = []
    for authority in authorities:
        plain = re.sub(r"[^a-z0-9]+", "-", authority.lower())[:40].strip("-") or "authority"
        taken = sum(label == plain or label.startswith(plain + "--") for label in labels)
        labels.append(f"{plain}--{taken + 1}" if taken else plain)
    return labels


def _write_supplements(writer: ContainerWriter, parts: Certificate) -> None:
    for place, chain in enumerate(parts.chains, 1):
        writer.add(f"chains/{place:04d}.der", chain)
    for folder, members in (("revocation", parts.revocation), ("seal", parts.seal)):
        for name in sorted(members):
            writer.add(f"{folder}/{name}", members[name])


def unchanged(file: EmbeddedFile) -> Iterator[bytes]:
    """The file's bytes, once more held against its claim. Raises FileChanged at their end."""
    state, size = hashlib.sha256(), 0
    for chunk in file.chunks:
        state.update(chunk)
        size += len(chunk)
        if size > file.size:
            break
        yield chunk
    if size != file.size or state.digest() != file.sha256:
        name = file.name.decode("utf-8", "backslashreplace")
        raise FileChanged(
            f"{name} is not the file that was deposited.",
            hint="Name the original file. If a program is writing to it, close that and try again.",
        )
