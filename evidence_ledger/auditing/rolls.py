"""The audit of marks and rolls: what finds entries by their marks, and each root over them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from evidence_ledger.core.counting import counted
from evidence_ledger.core.entry_audit import Marked
from evidence_ledger.core.recipe import Task
from evidence_ledger.core.roll import Roll
from evidence_ledger.errors import Refused
from evidence_ledger.ports import Store

ROLLS = Task(
    "10",
    "Rolls",
    "docs/format/roll.md",
    "Whoever asks for all entries of a matter is told of all: no entry's mark is left out.",
)


def check_rolls(store: Store, found: Sequence[Marked], size: int) -> str:
    """The marks in the index are those of the first ``size`` entries, and every roll is over all
    before it.

    Raises Refused, LedgerCorrupt.
    """
    expected = [(one.number, one.mark) for one in found if not one.is_roll]
    if list(takewhile(lambda row: row[0] < size, store.marks())) != expected:
        raise Refused("audit.marks", "The index of marks is not that of the entries.")
    roll, rolls = Roll(), 0
    for one in found:
        if not one.is_roll:
            roll.add(one.mark, one.number)
        elif one.mark == roll.root():
            rolls += 1
        else:
            raise Refused(
                "audit.roll",
                "A roll is not over the marks of all entries before it.",
                where=f"entry {one.number}",
            )
    return f"{counted(rolls, 'roll')} over {counted(roll.size, 'mark')}, none left out."
