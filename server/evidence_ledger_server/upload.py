"""A check's upload: the certificate, then files, read as they come and kept nowhere.

A multipart body (RFC 7578) with the parts ``policy`` and ``certificate``, then any number of
``file`` and ``digest`` parts. A file is hashed while it arrives; only its fingerprint stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from evidence_ledger.core import trust_policy
from evidence_ledger.core.digest import Algorithm, Fingerprint, Hasher, parse_digest
from evidence_ledger.core.presented_file import PresentedFile, claimed_digests
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.problem import Problem, too_large

IN_MEMORY = 4 << 20
MOST_PARTS = 100_000
LARGEST_TEXT = 4096
NAMES = ("certificate", "digest", "file", "policy")


@dataclass(slots=True)
class Upload:
    """What was sent: ``certificate`` is open and seekable; close it after use."""

    certificate: BinaryIO | None = None
    policy: TrustPolicy | None = None
    files: list[PresentedFile] = field(default_factory=list)


class _Part:
    """The part that is arriving."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.name, self.filename = "", b""
        self.text = bytearray()
        self.hasher: Hasher | None = None
        self.size = 0


class UploadParser:
    """Takes the body in pieces. Raises Problem for what can't be taken."""

    def __init__(self, boundary: bytes, largest_certificate: int, largest_file: int) -> None:
        self.upload = Upload()
        self._largest = {"certificate": largest_certificate, "file": largest_file}
        self._largest |= {"policy": trust_policy.LARGEST, "digest": LARGEST_TEXT}
        self._count = 0
        self._algorithms: Iterable[Algorithm] | None = None
        self._field, self._value = bytearray(), bytearray()
        self._part = _Part()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )
        self._is_whole = False

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise Problem(400, "http.multipart", "The body is no multipart body.") from error

    def finish(self) -> Upload:
        """All of it. Raises Problem where the body ends too early."""
        if not self._is_whole:
            raise Problem(400, "http.multipart", "The body ends before its last part does.")
        return self.upload

    def close(self) -> None:
        """Let go of what was kept in the meantime."""
        if self.upload.certificate is not None:
            self.upload.certificate.close()

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise Problem(413, "http.parts", f"At most {MOST_PARTS:,} parts are taken.")
        self._part = _Part()

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
        if part.name == "file":
            part.hasher = Hasher(self._claimed())

    def _open_certificate(self) -> None:
        if self.upload.certificate is not None or self._algorithms is not None:
            raise Problem(400, "http.part", "One certificate comes first, before any file.")
        self.upload.certificate = spooled()

    def _claimed(self) -> Iterable[Algorithm]:
        """All digests that the certificate claims of files, so that none of them is believed."""
        if self._algorithms is None:
            source = self.upload.certificate
            self._algorithms = claimed_digests(source) if source else {Algorithm.SHA256}
        return self._algorithms

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
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

    def _finish(self) -> None:
        self._is_whole = True


def spooled() -> BinaryIO:
    """A place for a certificate: in memory, or a nameless file where it is large."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 the caller closes it
    return cast("BinaryIO", file)


def presented_digest(text: bytes, name: bytes) -> PresentedFile:
    """A file that stays where it is, by its digest (``sha256:HEX``). Raises Problem (400)."""
    try:
        algorithm, digest = parse_digest(text.decode("ascii"))
    except (UnicodeDecodeError, EvidenceError) as error:
        raise Problem(400, "http.digest", "A digest is written sha256:HEX.") from error
    return PresentedFile(name or b"digest", Fingerprint({algorithm: digest}, None))


def _policy(data: bytes) -> TrustPolicy:
    try:
        return trust_policy.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Problem(400, "policy.utf8", "The trust policy is not UTF-8 text.") from error
