"""What one look of a monitor found, as commands show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.report import worst
from evidence_ledger_cli.output import tell
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.monitor.monitor import Sight


def document(sights: Sequence[Sight]) -> dict[str, object]:
    """All sights as one JSON document; alerts that were told before are among them."""
    return {
        "verdict": str(worst(one.verdict for one in sights)),
        "ledgers": [_ledger(one) for one in sights],
    }


def _ledger(one: Sight) -> dict[str, object]:
    state = one.state
    point = None if state.note is None else Checkpoint.parse(state.note.text)
    return {
        "ledger": one.address,
        "origin": state.origin or None,
        "size": point.size if point else None,
        "root": point.root.hex() if point else None,
        "seen": time_text(state.seen) if state.seen else None,
        "verdict": str(one.verdict),
        "alerts": [alert.to_json() for alert in one.alerts],
    }


def tell_sights(sights: Sequence[Sight], before: Sequence[Sight] = ()) -> None:
    """A remark on each ledger that is not as it was before."""
    sizes = {one.address: (one.state.mark.size, one.verdict) for one in before}
    for one in sights:
        if sizes.get(one.address) != (one.state.mark.size, one.verdict):
            name = one.state.origin or "nothing verified yet"
            size = one.state.mark.size
            tell(safe_line(f"{one.address}: {name}, {_entries(size)} followed, {one.verdict}"))


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"
