"""What a browser sends from the form: as for ``/v1/verify``, with all fields, filled in or not."""

from __future__ import annotations

from evidence_ledger_server.problem import Problem
from evidence_ledger_server.upload import Part, UploadParser

FILES = ("certificate", "file", "policy")


class FormParser(UploadParser):
    """Leaves out fields that were left empty, and remembers what the report is to name.

    ``name`` is that of the file that is judged, ``policy`` are the bytes of the one sent along.
    """

    name = b""
    policy: bytes | None = None

    def _headers_finished(self) -> None:
        super()._headers_finished()
        part = self._part
        if part.name == "certificate" and part.filename:
            self.name = part.filename

    def _open_certificate(self) -> None:
        if self._part.filename:
            super()._open_certificate()

    def _open_file(self, part: Part) -> None:
        if part.filename:
            super()._open_file(part)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if end > start and self._is_blank:
            raise Problem(400, "http.part", f"The part {self._part.name} is a file with a name.")
        super()._data(data, start, end)

    def _end(self) -> None:
        part = self._part
        if self._is_blank or (part.name in ("digest", "vkey") and not part.text.strip()):
            return
        super()._end()
        if part.name == "policy":
            self.policy = bytes(part.text)

    @property
    def _is_blank(self) -> bool:
        """Whether the part is a field for a file in which none was chosen."""
        return self._part.name in FILES and not self._part.filename
