"""A check's upload: the certificate, then files, read as they come and kept nowhere.

A multipart body (RFC 7578) with the parts ``policy``, ``vkey`` and ``certificate``, then any number
of ``file`` and ``digest`` parts. A file is hashed while it arrives; only its fingerprint stays.
Beside a completeness certificate, files are the certificates of its entries, and are held until
they are checked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from evidence_ledger.core import trust_policy
from evidence_ledger.core.digest import Algorithm, Fingerprint, Hasher, parse_digest
from evidence_ledger.core.exhibit import Exhibit
from evidence_ledger.core.presented_file import PresentedFile, claimed_digests
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.pile import Pile
from evidence_ledger_server.problem import Problem, too_large

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

IN_MEMORY = 4 << 20
MOST_PARTS = 100_000
LARGEST_TEXT = 4096
MOST_VKEYS = 100
NAMES = ("certificate", "digest", "file", "policy", "vkey")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes: of the file that is judged, of one beside it that is hashed, and of the
    certificates beside it together.
    """

    certificate: int
    file: int
    presented: int


@dataclass(slots=True)
class Upload:
    """What was sent. ``certificate`` is the file that is judged, of whatever kind: open and
    seekable; close all of it after use. ``certificates`` lie beside a completeness certificate.
    """

    certificate: BinaryIO | None = None
    policy: TrustPolicy | None = None
    files: list[PresentedFile] = field(default_factory=list)
    vkeys: list[str] = field(default_factory=list)
    certificates: Pile | None = None
    held: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Let go of what was kept in the meantime."""
        self.held.close()


class Part:
    """The part that is arriving."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.name, self.filename = "", b""
        self.text = bytearray()
        self.hasher: Hasher | None = None
        self.pile: Pile | None = None
        self.size = 0


class UploadParser:
    """Takes the body in pieces. Raises Problem for what can't be taken."""

    def __init__(self, boundary: bytes, limits: Limits) -> None:
        self.upload = Upload()
        self._limits = limits
        self._largest = {"certificate": limits.certificate, "file": limits.file}
        self._largest |= {"policy": trust_policy.LARGEST}
        self._largest |= {"digest": LARGEST_TEXT, "vkey": LARGEST_TEXT}
        self._count = 0
        self._algorithms: Iterable[Algorithm] | None = None
        self._field, self._value = bytearray(), bytearray()
        self._part = Part()
        called: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }
        with _multipart_errors():
            self._parser = MultipartParser(boundary, called)
        self._is_whole = False

    @property
    def is_heavy(self) -> bool:
        """Whether the next piece may take long.

        Until the first file is there, it may bring one, for which the certificate is unpacked: a
        few kilobytes may hold a hundred thousand claims. A policy is read when it is whole.
        """
        return self._algorithms is None or self._part.name == "policy"

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        with _multipart_errors():
            self._parser.write(data)

    def finish(self) -> Upload:
        """All of it. Raises Problem where the body ends too early."""
        if not self._is_whole:
            raise Problem(400, "http.multipart", "The body ends before its last part does.")
        return self.upload

    def close(self) -> None:
        """Let go of what was kept in the meantime."""
        self.upload.close()

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise Problem(413, "http.parts", f"At most {MOST_PARTS:,} parts are taken.")
        self._part = Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._part.headers[bytes(self._field).lower()] = bytes(self._value)
        self._field, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        part = self._part
        kind, options = parse_options_header(part.headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"")
        part.filename = options.get(b"filename", b"")
        if kind != b"form-data" or name.decode("ascii", "replace") not in NAMES:
            raise Problem(400, "http.part", f"The parts of a check are called {', '.join(NAMES)}.")
        part.name = name.decode("ascii")
        if part.name == "certificate":
            self._open_certificate()
        if part.name == "policy" and self.upload.policy is not None:
            raise Problem(400, "http.part", "One trust policy is sent along.")
        if part.name == "file":
            self._open_file(part)

    def _open_certificate(self) -> None:
        if self.upload.certificate is not None or self._algorithms is not None:
            raise Problem(400, "http.part", "One certificate comes first, before any file.")
        self.upload.certificate = self.upload.held.enter_context(spooled())

    def _open_file(self, part: Part) -> None:
        """The certificate is whole by now: its kind says what is done with the file."""
        algorithms = self._claimed()
        if self.upload.certificates is not None:
            part.pile = self.upload.certificates
            part.pile.begin(part.filename or b"file")
        else:
            part.hasher = Hasher(algorithms)

    def _claimed(self) -> Iterable[Algorithm]:
        """All digests that the certificate claims of files, so that none of them is believed."""
        if self._algorithms is None:
            source = self.upload.certificate
            self._algorithms = self._told_by(source) if source else {Algorithm.SHA256}
        return self._algorithms

    def _told_by(self, source: BinaryIO) -> Iterable[Algorithm]:
        kind = Exhibit.of(source)
        kind.require_alone(beside=True)
        if kind is not Exhibit.COMPLETENESS:
            return claimed_digests(source)
        file = self.upload.held.enter_context(spooled())
        most = self._limits
        self.upload.certificates = Pile(file, most.certificate, most.presented)
        return ()

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.pile is not None:
            part.pile.write(data[start:end])
            return
        if part.size > self._largest[part.name]:
            raise too_large(self._largest[part.name])
        if part.hasher is not None:
            part.hasher.update(memoryview(data)[start:end])
        elif part.name == "certificate" and self.upload.certificate is not None:
            self.upload.certificate.write(data[start:end])
        else:
            part.text += data[start:end]

    def _end(self) -> None:
        part = self._part
        if part.hasher is not None:
            name = part.filename or b"file"
            self.upload.files.append(PresentedFile(name, part.hasher.finish()))
        elif part.name == "digest":
            self.upload.files.append(presented_digest(bytes(part.text), part.filename))
        elif part.name == "policy":
            self.upload.policy = _policy(bytes(part.text))
        elif part.name == "vkey":
            self._add_vkey(bytes(part.text))

    def _add_vkey(self, text: bytes) -> None:
        if len(self.upload.vkeys) == MOST_VKEYS:
            raise Problem(413, "http.parts", f"At most {MOST_VKEYS} verifier keys are taken.")
        self.upload.vkeys.append(text.decode("utf-8", "replace"))

    def _finish(self) -> None:
        self._is_whole = True


@contextmanager
def _multipart_errors() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise Problem(400, "http.multipart", "The body is no multipart body.") from error


def spooled() -> BinaryIO:
    """A place for a certificate: in memory, or a nameless file where it is large."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 the caller closes it
    return cast("BinaryIO", file)


def presented_digest(text: bytes, name: bytes) -> PresentedFile:
    """A file that stays where it is, by its digest (``sha256:HEX``). Raises Problem (400)."""
    try:
        algorithm, digest = parse_digest(text.decode("ascii"))
    except (UnicodeDecodeError, EvidenceError) as error:
        raise Problem(
            400, "http.digest", "Not a digest: sha256: and 64 hexadecimal digits."
        ) from error
    return PresentedFile(name or b"digest", Fingerprint({algorithm: digest}, None))


def _policy(data: bytes) -> TrustPolicy:
    try:
        return trust_policy.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Problem(400, "policy.utf8", "The trust policy is not UTF-8 text.") from error
