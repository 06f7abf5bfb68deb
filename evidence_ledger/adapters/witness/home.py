"""The folder of a witness on this machine.

witness.sqlite  the logs that it serves, their keys, and the last checkpoint cosigned for each
keys/           the witness's two keys
memory/         what was signed last, once more, outside the database: a file for each log
forks/          proofs that a log signed two histories, where one did
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger.adapters.file_errors import output_errors


@dataclass(frozen=True, slots=True)
class WitnessHome:
    """The places in a witness's folder."""

    folder: Path

    @classmethod
    def default(cls) -> WitnessHome:
        """``$EVIDENCE_WITNESS_HOME``, else the user's data folder."""
        chosen = os.environ.get("EVIDENCE_WITNESS_HOME")
        if chosen:
            return cls(Path(chosen).absolute())
        import platformdirs

        return cls(platformdirs.user_data_path("evidence-witness", appauthor=False))

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.folder / "witness.sqlite"

    @property
    def keys(self) -> Path:
        """The folder of keys."""
        return self.folder / "keys"

    @property
    def key_files(self) -> tuple[Path, Path]:
        """The Ed25519 key and the ML-DSA-44 key."""
        return self.keys / "cosignature-ed25519.key", self.keys / "cosignature-ml-dsa-44.key"

    @property
    def memory(self) -> Path:
        """The folder of what was signed last."""
        return self.folder / "memory"

    @property
    def forks(self) -> Path:
        """The folder of proofs against logs."""
        return self.folder / "forks"

    def make(self) -> None:
        """Make the folders, for the owner alone. Raises OutputUnwritable."""
        for folder in (self.keys, self.memory, self.forks):
            with output_errors(folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with output_errors(self.folder):
            self.folder.chmod(0o700)
