"""The folder of a ledger on this machine.

settings.toml      what was chosen at the beginning
ledger.sqlite      entries, statements, claims, tiles, seals; not where PostgreSQL has them
keys/              the ledger's and the operator's keys, the depositor's key
authority/         the local timestamp authority
authorities.toml   other timestamp authorities, where some were added
witnesses.toml     witnesses, where some were added
pace/              when each of those may be asked again
signer/            the signer's memory of the last checkpoint that it signed
outbox/            deposits that have no certificate yet
matters/           the secrets of matters, by which their entries are recognised
nonces.sqlite      what signed requests a server has taken; not where PostgreSQL has that
tokens.sqlite      a server's API tokens, without their secrets
trust.toml         a trust policy for this ledger, to be handed to those who check
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger.adapters.database import FILE_NAME
from evidence_ledger.adapters.file_errors import input_errors, output_errors

_DRAFT = re.compile(r"\.(.+)\.[0-9]+\.part")


@dataclass(frozen=True, slots=True)
class Home:
    """The places in a ledger's folder."""

    folder: Path

    @classmethod
    def default(cls) -> Home:
        """``$EVIDENCE_HOME``, else the user's data folder."""
        chosen = os.environ.get("EVIDENCE_HOME")
        if chosen:
            return cls(Path(chosen).absolute())
        import platformdirs

        return cls(platformdirs.user_data_path("evidence-ledger", appauthor=False))

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "settings.toml"

    @property
    def database(self) -> Path:
        """The SQLite database, unless the settings name another one."""
        return self.folder / FILE_NAME

    @property
    def sealing(self) -> Path:
        """The file that whoever seals holds."""
        return self.folder / "sealing.lock"

    @property
    def keys(self) -> Path:
        """The folder of keys."""
        return self.folder / "keys"

    @property
    def depositor(self) -> Path:
        """The depositor's key with its X.509 certificates."""
        return self.keys / "depositor.pem"

    @property
    def operator(self) -> Path:
        """The operator's key with its X.509 certificates."""
        return self.keys / "operator.pem"

    @property
    def log_key(self) -> Path:
        """The ledger's Ed25519 key for checkpoints."""
        return self.keys / "checkpoint-ed25519.key"

    @property
    def log_cosigner(self) -> Path:
        """The ledger's ML-DSA-44 key for checkpoints."""
        return self.keys / "checkpoint-ml-dsa-44.key"

    @property
    def authority(self) -> Path:
        """The folder of the local timestamp authority."""
        return self.folder / "authority"

    @property
    def authorities(self) -> Path:
        """The list of timestamp authorities."""
        return self.folder / "authorities.toml"

    @property
    def witnesses(self) -> Path:
        """The list of witnesses."""
        return self.folder / "witnesses.toml"

    @property
    def pace(self) -> Path:
        """The folder that tells when each authority may be asked again."""
        return self.folder / "pace"

    @property
    def memory(self) -> Path:
        """The signer's memory."""
        return self.folder / "signer" / "last-checkpoint"

    @property
    def outbox(self) -> Path:
        """Deposits without a certificate yet."""
        return self.folder / "outbox"

    @property
    def matters(self) -> Path:
        """The cards of matters."""
        return self.folder / "matters"

    @property
    def trust(self) -> Path:
        """The trust policy for this ledger."""
        return self.folder / "trust.toml"

    def strangers(self) -> Iterator[Path]:
        """What lies in the folder, and in those of keys, and is none of a ledger's places.

        Raises FileUnreadable.
        """
        for folder in (self.folder, self.keys, self.authority):
            with input_errors(folder):
                held = sorted(folder.iterdir()) if folder.is_dir() else []
            yield from (path for path in held if not self._is_own(path))

    def _is_own(self, path: Path) -> bool:
        draft = _DRAFT.fullmatch(path.name)
        place = path.with_name(draft[1]) if draft else path
        root = self.authority / "root.pem"
        if path.parent == self.folder and not path.is_dir():
            # These files are made after the authority.
            beside_database = path.name.startswith(self.database.name)
            named = place in {self.settings, self.trust, self.authorities, self.witnesses}
            return root.exists() and (beside_database or named)
        return place in {
            *(self.keys, self.authority, self.memory.parent, self.outbox, self.pace),
            self.matters,
            *(self.depositor, self.operator, self.log_key, self.log_cosigner),
            *(self.authority / "authority.pem", root),
        }

    def make(self) -> None:
        """Make the folders, for the owner alone. Raises OutputUnwritable."""
        for folder in (self.keys, self.authority, self.memory.parent, self.outbox):
            with output_errors(folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with output_errors(self.folder):
            self.folder.chmod(0o700)
