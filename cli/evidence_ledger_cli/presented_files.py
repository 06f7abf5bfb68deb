"""Files that are laid beside a certificate, hashed."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.presented_file import PresentedFile
from evidence_ledger_cli.progress import ScreenProgress


def presented_files(
    paths: Sequence[str], digests: set[Algorithm], *, skip_special: bool
) -> list[PresentedFile]:
    """The files at ``paths``, folders with everything in them. Raises what reading raises."""
    with ScreenProgress() as progress:
        hashed = hash_files(paths, digests, skip_special=skip_special, progress=progress)
        return [PresentedFile(one.name, one.fingerprint) for one in hashed]
