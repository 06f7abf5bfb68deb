"""The certificate: everything that proves one deposit, in one container.

    mimetype                      statement.json  statement.json.p7s  entry.json
    claims.jsonl  claims.paths    proof.tlog-proof  checkpoint  ledger.vkeys
    META-INF/ASiCEvidenceRecordManifest-1.xml  META-INF/evidencerecord-1.ers  …
    records/file-0/AUTHORITY.ers  records/file-0/AUTHORITY.tst  records/file-0/AUTHORITY.tsr
    records/file-0/direct/AUTHORITY.ers
    chains/*.der  revocation/*  seal/*  docket.jsonl
    certificate.pdf  README.txt   files/0/lease.pdf

Here the members are taken apart, nothing is verified. Members that no check covers are named in
``unknown_members``, among them records over anything but ``RECORDED`` and the files.
``certificate.pdf`` and ``README.txt`` are for people and prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evidence_ledger.core import claim, docket, entry, evidence_record, path_line, record_manifest
from evidence_ledger.core import statement as statement_format
from evidence_ledger.core.container import Container
from evidence_ledger.core.container_name import safe_name
from evidence_ledger.core.note import LARGEST_NOTE
from evidence_ledger.core.record_manifest import CoveredObject, RecordManifest
from evidence_ledger.core.tlog_proof import LARGEST_PROOF
from evidence_ledger.errors import FormatError

STATEMENT = "statement.json"
SIGNATURE = "statement.json.p7s"
ENTRY = "entry.json"
CLAIMS = "claims.jsonl"
PATHS = "claims.paths"
PROOF = "proof.tlog-proof"
CHECKPOINT = "checkpoint"
VKEYS = "ledger.vkeys"
DOCKET = "docket.jsonl"
PAGE = "certificate.pdf"
README = "README.txt"
FOR_PEOPLE = ("mimetype", PAGE, README)
RECORDED = (CHECKPOINT, STATEMENT, SIGNATURE)
SUPPLEMENTS = ("chains/", "revocation/", "seal/")

LARGEST_CLAIMS = 512 * 1024 * 1024
LARGEST_REST = 512 * 1024 * 1024
LARGEST_FILE = 1 << 50
MOST_BESIDE = 256
"""Members of a folder that holds X.509 certificates or revocation data; each token may need all."""

_LIMITS = {
    STATEMENT: statement_format.LARGEST,
    SIGNATURE: 256 * 1024,
    ENTRY: entry.LARGEST,
    PROOF: LARGEST_PROOF,
    CHECKPOINT: LARGEST_NOTE,
    VKEYS: 256 * 1024,
    DOCKET: docket.LARGEST,
}
_OPTIONAL = (VKEYS, DOCKET)
_NUMBER = r"(0|[1-9][0-9]{0,6})"
_WORD = r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})"
_RECORD = re.compile(rf"META-INF/(evidencerecord-{_NUMBER})\.ers", re.ASCII)
_MANIFEST = re.compile(rf"META-INF/ASiCEvidenceRecordManifest-{_NUMBER}\.xml", re.ASCII)
_FILE_RECORD = re.compile(rf"records/file-{_NUMBER}/{_WORD}\.ers", re.ASCII)
_FILE_TOKEN = re.compile(rf"records/file-{_NUMBER}/{_WORD}\.tst", re.ASCII)
_CHAIN = re.compile(rf"chains/{_WORD}\.der", re.ASCII)
_REVOCATION = re.compile(rf"revocation/{_WORD}", re.ASCII)
_SEAL = re.compile(rf"seal/{_WORD}", re.ASCII)
_EMBEDDED = re.compile(rf"files/{_NUMBER}/[^/]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class DisclosedClaim:
    """A claim's canonical bytes and its place among the statement's claims.

    ``path`` holds the hashes of its way to the claims' root where some claims are withheld, and is
    None where all are shown.
    """

    index: int
    data: bytes
    path: tuple[bytes, ...] | None = None


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """An evidence record over one of ``RECORDED``, as its manifest tells."""

    covered: CoveredObject
    record: bytes


@dataclass(frozen=True, slots=True)
class FileRecord:
    """An evidence record over a deposited file, named for the timestamp authority.

    ``covered`` is what a manifest tells of it, where the file is inside.
    """

    authority: str
    record: bytes
    covered: CoveredObject | None = None


@dataclass(frozen=True, slots=True)
class FileToken:
    """A timestamp over a deposited file itself: the bare token, the response that it came in, where
    that is there, and where it was renewed the evidence record that begins with it (all DER)."""

    authority: str
    token: bytes
    response: bytes | None = None
    record: bytes | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The parts of a certificate, as exact bytes.

    ``vkeys`` is what the ledger says its keys are: never trust. What is about files goes by the
    file's number N in its claim ``file/N``; ``embedded`` gives the member that holds the file.
    ``docket`` is there where all entries of a matter are shown. ``conforming`` is False where
    ``mimetype`` is not as ASiC wants it.
    """

    statement: bytes
    signature: bytes
    entry: bytes
    proof: bytes
    checkpoint: bytes
    vkeys: bytes = b""
    claims: tuple[DisclosedClaim, ...] = ()
    records: tuple[ObjectRecord, ...] = ()
    file_records: Mapping[int, tuple[FileRecord, ...]] = field(default_factory=dict)
    file_tokens: Mapping[int, tuple[FileToken, ...]] = field(default_factory=dict)
    chains: tuple[bytes, ...] = ()
    revocation: Mapping[str, bytes] = field(default_factory=dict)
    seal: Mapping[str, bytes] = field(default_factory=dict)
    embedded: Mapping[int, str] = field(default_factory=dict)
    docket: bytes = b""
    conforming: bool = True
    unknown_members: tuple[str, ...] = ()


def embedded_name(number: int, name: bytes) -> str:
    """The member that holds file ``number``, whose true name is ``name``."""
    return f"files/{number}/{safe_name(name)}"


def direct_record_name(number: int, label: str) -> str:
    """The member with the record that renews the timestamp over file ``number`` itself."""
    return f"records/file-{number}/direct/{label}.ers"


def parse(container: Container) -> Certificate:
    """The certificate in ``container``. Raises FormatError for what is missing or malformed."""
    parts = {name: _required(container, name) for name in _LIMITS if name not in _OPTIONAL}
    members = _Members(container)
    records, file_records = members.records()
    return Certificate(
        statement=parts[STATEMENT],
        signature=parts[SIGNATURE],
        entry=parts[ENTRY],
        proof=parts[PROOF],
        checkpoint=parts[CHECKPOINT],
        vkeys=_if_there(container, VKEYS),
        claims=_claims(container),
        records=records,
        file_records=file_records,
        file_tokens=members.tokens(),
        chains=tuple(members.matching(_CHAIN).values()),
        revocation=members.matching(_REVOCATION),
        seal=members.matching(_SEAL),
        embedded=members.embedded,
        docket=_if_there(container, DOCKET),
        conforming=container.conforming,
        unknown_members=members.unknown(),
    )


def _required(container: Container, name: str) -> bytes:
    if name not in container.members:
        raise FormatError(
            "certificate.missing",
            f"The certificate has no {name}.",
            hint="Is this a certificate of an evidence ledger, and the whole of it?",
        )
    return container.read(name, _LIMITS[name])


def _if_there(container: Container, name: str) -> bytes:
    return container.read(name, _LIMITS[name]) if name in container.members else b""


class _Members:
    """The members that come in any number, by the pattern of their names."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._known = {*_LIMITS, *FOR_PEOPLE, CLAIMS, PATHS}
        self.embedded = self._embedded()
        others = (one for one in container.members.values() if one.name not in self._known)
        if sum(one.size for one in others) > LARGEST_REST:
            raise FormatError(
                "certificate.too-large", f"The records have more than {LARGEST_REST} bytes."
            )

    def _embedded(self) -> dict[int, str]:
        embedded: dict[int, str] = {}
        for name in self._container.members:
            match = _EMBEDDED.fullmatch(name)
            if match and int(match[1]) in embedded:
                raise FormatError("certificate.file-twice", f"File {match[1]} is there twice.")
            if match:
                embedded[int(match[1])] = name
        self._known.update(embedded.values())
        return embedded

    def _matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        matches = (pattern.fullmatch(name) for name in self._container.members)
        return (match for match in matches if match)

    def _read(self, name: str) -> bytes:
        self._known.add(name)
        return self._container.read(name, evidence_record.LARGEST)

    def _optional(self, name: str) -> bytes | None:
        return self._read(name) if name in self._container.members else None

    def matching(self, pattern: re.Pattern[str]) -> dict[str, bytes]:
        """The contents of members by the first group of their names, in the names' order."""
        matches = sorted(self._matches(pattern), key=lambda match: match[0])
        if len(matches) > MOST_BESIDE:
            raise FormatError(
                "certificate.too-many",
                f"There are more than {MOST_BESIDE} members in one folder.",
                where=matches[0][0].partition("/")[0],
            )
        return {match[1]: self._read(match[0]) for match in matches}

    def records(self) -> tuple[tuple[ObjectRecord, ...], dict[int, tuple[FileRecord, ...]]]:
        """The evidence records over objects and over files, wherever they lie."""
        numbers = {name: number for number, name in self.embedded.items()}
        objects: list[ObjectRecord] = []
        files: dict[int, tuple[FileRecord, ...]] = {}
        for label, one in self._listed():
            number = numbers.get(one.covered.name)
            if one.covered.name in RECORDED:
                objects.append(one)
            elif number is not None:
                files[number] = (*files.get(number, ()), FileRecord(label, one.record, one.covered))
        for match in sorted(self._matches(_FILE_RECORD), key=lambda match: match[0]):
            record = FileRecord(match[2], self._read(match[0]))
            files[int(match[1])] = (*files.get(int(match[1]), ()), record)
        return tuple(objects), files

    def tokens(self) -> dict[int, tuple[FileToken, ...]]:
        """The timestamps over files themselves."""
        files: dict[int, tuple[FileToken, ...]] = {}
        for match in sorted(self._matches(_FILE_TOKEN), key=lambda match: match[0]):
            response = self._optional(f"{match[0].removesuffix('tst')}tsr")
            record = self._optional(direct_record_name(int(match[1]), match[2]))
            token = FileToken(match[2], self._read(match[0]), response, record)
            files[int(match[1])] = (*files.get(int(match[1]), ()), token)
        return files

    def _listed(self) -> Iterator[tuple[str, ObjectRecord]]:
        """Each object that a manifest names, with the record and the record's label."""
        for match in sorted(self._matches(_MANIFEST), key=lambda match: int(match[1])):
            manifest = record_manifest.parse(self._read(match[0]), match[0])
            label, record = self._record(manifest.record, match[0])
            for covered in manifest.objects:
                if covered.name not in self._container.members:
                    raise FormatError(
                        "certificate.object-missing",
                        f"A manifest names {covered.name!a}, which is not there.",
                        where=match[0],
                    )
                yield label, ObjectRecord(covered, record)
            if not {*RECORDED, *self.embedded.values()}.issuperset(_names(manifest)):
                self._known -= {match[0], manifest.record}

    def _record(self, name: str, where: str) -> tuple[str, bytes]:
        """The label and bytes of an evidence record that a manifest names."""
        match = _RECORD.fullmatch(name)
        if match is None or name not in self._container.members:
            raise FormatError(
                "certificate.record-missing",
                "A manifest names an evidence record that is not there.",
                where=where,
            )
        if name in self._known:
            raise FormatError(
                "certificate.record-twice", f"Two manifests name {name}.", where=where
            )
        return match[1], self._read(name)

    def unknown(self) -> tuple[str, ...]:
        """Members that were not taken."""
        return tuple(name for name in self._container.members if name not in self._known)


def _names(manifest: RecordManifest) -> list[str]:
    return [covered.name for covered in manifest.objects]


def _claims(container: Container) -> tuple[DisclosedClaim, ...]:
    if CLAIMS not in container.members:
        if PATHS in container.members:
            raise FormatError("certificate.paths", "There are paths, but no claims.", where=PATHS)
        return ()
    lines = container.lines(CLAIMS, LARGEST_CLAIMS, claim.LARGEST)
    if PATHS not in container.members:
        return tuple(_numbered(lines))
    return tuple(_with_paths(lines, container))


def _numbered(lines: Iterator[bytes]) -> Iterator[DisclosedClaim]:
    for index, line in enumerate(lines):
        if index == claim.MOST:
            raise FormatError("certificate.too-many-claims", f"More than {claim.MOST} claims.")
        yield DisclosedClaim(index, line)


def _with_paths(lines: Iterator[bytes], container: Container) -> Iterator[DisclosedClaim]:
    paths = container.lines(PATHS, LARGEST_CLAIMS, path_line.LARGEST)
    before = -1
    for one in _numbered(lines):
        line = next(paths, None)
        if line is None:
            raise FormatError("certificate.paths", "There are more claims than paths.", where=PATHS)
        index, path = path_line.parse(line, PATHS)
        if index <= before:
            raise FormatError("certificate.paths", "Claims do not stand in order.", where=PATHS)
        before = index
        yield DisclosedClaim(index, one.data, path)
    if next(paths, None) is not None:
        raise FormatError("certificate.paths", "There are more paths than claims.", where=PATHS)
