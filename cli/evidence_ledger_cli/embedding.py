"""Files that go into a certificate: read once more while it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.adapters.files.walk import find_files
from evidence_ledger.errors import FileChanged

if TYPE_CHECKING:
    from evidence_ledger.adapters.files.hashed import HashedFile
    from evidence_ledger.core.certificate_writer import EmbeddedFile

_CHUNK = 1024 * 1024


def embedded(
    paths: Sequence[str], files: Sequence[HashedFile], *, skip_special: bool
) -> list[EmbeddedFile]:
    """``files``, which came from ``paths``, for the writer. Raises FileChanged."""
    import os

    from evidence_ledger.core.certificate_writer import EmbeddedFile

    found = list(find_files(paths, skip_special=skip_special))
    if [one.name for one in found] != [one.name for one in files]:
        raise FileChanged("Files came or went meanwhile.")
    return [
        EmbeddedFile(
            number,
            file.name,
            file.fingerprint.size or 0,
            file.fingerprint.sha256,
            chunks_of(Path(os.fsdecode(one.path))),
        )
        for number, (one, file) in enumerate(zip(found, files, strict=True))
    ]


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, read when they are asked for. Raises FileUnreadable."""
    with input_errors(path), path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
