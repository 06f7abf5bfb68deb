"""The signer's memory against the newest seal."""

from __future__ import annotations

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.counting import counted
from evidence_ledger.core.note import Note
from evidence_ledger.errors import Refused, Undecided
from evidence_ledger.ports import CheckpointMemory, Store
from evidence_ledger.tree import reader_of


def check_memory(
    store: Store, memory: CheckpointMemory, origin: str, *, several_hosts: bool
) -> str:
    """What the signer remembers is the newest checkpoint, or one of this tree.

    ``several_hosts``: another may have sealed since. Raises Refused, Undecided, and what the
    ports raise.
    """
    newest, remembered = store.seal(-1), memory.recall()
    if remembered is not None and (newest is None or newest.checkpoint != remembered):
        last = Checkpoint.parse(Note.parse(remembered).text, extensions_allowed=False)
        sealed = newest.size if newest else 0
        if last.size < sealed and not several_hosts:
            raise _restored()
        return _unfinished(store, origin, last, sealed)
    if newest is not None and remembered is None:
        raise Undecided(
            "audit.memory",
            "The signer does not remember the newest checkpoint.",
            hint="Put the file with the last signed checkpoint back where it was; if it is "
            "lost, docs/storage.md says what to do.",
        )
    return "The signer remembers the newest checkpoint."


def _restored() -> Undecided:
    return Undecided(
        "audit.memory",
        "The newest checkpoint is not the one that the signer remembers.",
        hint="Was the database or the memory restored from a backup?",
    )


def _unfinished(store: Store, origin: str, last: Checkpoint, sealed: int) -> str:
    """A checkpoint may be remembered without its seal: an interruption may fall between.

    The tree must be a continuation of what was signed all the same.
    """
    reader = reader_of(store)
    if last.origin != origin or last.size > reader.size:
        raise _restored()
    if reader.root(last.size) != last.root:
        raise Refused("audit.forked", "The signer has signed another tree than the one stored.")
    size = counted(last.size, "entry", "entries")
    if last.size < sealed:
        return f"This host remembers {size} of this tree; another one has sealed since."
    return f"The signer has signed {size} of this tree; the seal is unfinished."
