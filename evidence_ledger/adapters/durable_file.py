"""Small files that are either whole and on the disk, or not there."""

from __future__ import annotations

import os
from pathlib import Path

from evidence_ledger.adapters.file_errors import output_errors


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file that must not be there yet; durable on return.

    Raises OutputExists, OutputUnwritable.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with output_errors(path):
        try:
            _write(draft, data, mode)
            os.link(draft, path)
            sync_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)


def replace(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file, in place of the one that is there; durable on return.

    Raises OutputUnwritable.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with output_errors(path):
        try:
            _write(draft, data, mode)
            draft.rename(path)
            sync_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a folder's new names durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(draft: Path, data: bytes, mode: int) -> None:
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
