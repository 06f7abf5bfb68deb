"""The one place where the parts of a witness are joined. Nothing of a ledger is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.keys.note_signer import (
    SoftwareNoteSigner,
    generate_note_signer,
    open_note_signer,
    save_note_signer,
)
from evidence_ledger.adapters.witness.database import create_database, is_made
from evidence_ledger.adapters.witness.forks import ForkFolder
from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.adapters.witness.memory import SlotMemory
from evidence_ledger.adapters.witness.store import WitnessDatabase
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import WitnessCorrupt, WitnessExists, WitnessNotFound, WrongKey
from evidence_ledger.ports import Clock, Entropy
from evidence_ledger.witness.logs import LogBook
from evidence_ledger.witness.service import Witness, WitnessParts

_KINDS = (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)


@dataclass(frozen=True, slots=True)
class OpenWitness:
    """A witness on this machine: ``service`` answers logs, ``logs`` is for its operator."""

    home: WitnessHome
    service: Witness
    logs: LogBook
    vkeys: tuple[str, ...]
    _database: WitnessDatabase

    @property
    def name(self) -> str:
        """The name in its cosignatures."""
        return self.vkeys[0].partition("+")[0]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def create_witness(
    home: WitnessHome, name: str, *, entropy: Entropy | None = None
) -> tuple[str, ...]:
    """Make a witness and its two keys; its verifier keys.

    What an interrupted creation left behind is completed. The keys are made last: keys without a
    database mean that the database was lost, and a new one could sign another history. Raises
    WitnessExists, WitnessCorrupt, WrongKey, OutputUnwritable, FormatError for the name.
    """
    fresh = [generate_note_signer(name, kind, entropy) for kind in _KINDS]
    made, is_keyed = is_made(home.database), [path.exists() for path in home.key_files]
    if made and all(is_keyed):
        raise WitnessExists("There is a witness already.", where=str(home.folder))
    if any(is_keyed) and not made:
        raise WitnessCorrupt(
            "The witness has keys but no database.",
            where=str(home.folder),
            hint="Restore the newest backup of witness.sqlite, or make another witness elsewhere.",
        )
    home.make()
    if not made:
        create_database(home.database)
    return tuple(map(_saved, fresh, home.key_files))


def open_witness(home: WitnessHome, clock: Clock | None = None) -> OpenWitness:
    """A witness with its keys. Raises WitnessNotFound, WitnessCorrupt, KeyUnreadable."""
    if not home.database.exists():
        raise WitnessNotFound("There is no witness.", where=str(home.folder))
    signers = [open_note_signer(path) for path in home.key_files]
    _check_keys(signers, home.keys)
    database = WitnessDatabase(home.database)
    parts = WitnessParts(
        store=database,
        memory=SlotMemory(home.memory),
        forks=ForkFolder(home.forks),
        signers=signers,
        clock=clock or SystemClock(),
    )
    vkeys = tuple(signer.vkey for signer in signers)
    return OpenWitness(home, Witness(parts), LogBook(parts), vkeys, database)


def _saved(fresh: SoftwareNoteSigner, path: Path) -> str:
    if not path.exists():
        save_note_signer(fresh, path)
        return fresh.vkey
    kept = open_note_signer(path)
    if kept.verifier_key.name != fresh.verifier_key.name:
        raise WrongKey("The key that is there already has another name.", where=str(path))
    return kept.vkey


def _check_keys(signers: Sequence[SoftwareNoteSigner], folder: Path) -> None:
    keys = [signer.verifier_key for signer in signers]
    if [key.type for key in keys] != list(_KINDS) or len({key.name for key in keys}) != 1:
        raise WrongKey("The two keys are not those of one witness.", where=str(folder))
