"""What is handed in for a deposit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_ledger_cli.embedding import embedded
from evidence_ledger_cli.progress import ScreenProgress

if TYPE_CHECKING:
    from evidence_ledger.adapters.files.hashed import HashedFile
    from evidence_ledger.core.certificate_writer import EmbeddedFile
    from evidence_ledger.core.claim import FileFact
    from evidence_ledger.core.digest import Algorithm
    from evidence_ledger.desk import Field


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Files at ``paths``, ``typed`` facts of others, further ``fields``, and where the certificate
    goes; None for the usual place."""

    paths: tuple[str, ...]
    typed: Sequence[FileFact]
    fields: Sequence[Field]
    out: Path | None
    skip_special: bool

    def hashed(self, digests: Sequence[Algorithm]) -> list[HashedFile]:
        """The files, read once. Raises FileProblem."""
        from evidence_ledger.adapters.files.hashing import hash_files

        if not self.paths:
            return []
        with ScreenProgress() as progress:
            found = hash_files(
                self.paths, digests, skip_special=self.skip_special, progress=progress
            )
            return list(found)

    def opened(self, files: Sequence[HashedFile]) -> list[EmbeddedFile]:
        """``files``, which were hashed, to be read once more. Raises FileChanged."""
        return embedded(self.paths, files, skip_special=self.skip_special)
