"""A ledger with erased entries, moved to PostgreSQL, used there, and moved back."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.database import PostgresqlDatabase
from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import OpenLedger, create_ledger, open_depositor
from evidence_ledger.author import Draft
from evidence_ledger.core.erasure import REASON
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.statement import Reference
from evidence_ledger.desk import Desk
from evidence_ledger.moving import move_ledger, target_at
from tests.test_moving import deposit, opened


def erase(place: OpenLedger, index: int) -> None:
    refs = (Reference(index, place.ledger.entry(index).leaf_hash),)
    draft = Draft("erasure", (), [(REASON, "Art. 17 GDPR")], refs)
    Desk(place, open_depositor(place.home)).enter(draft)


def test_erased_entries_stay_erased_there_and_back(
    tmp_path: Path, empty_database: PostgresqlDatabase
) -> None:
    home = Home(tmp_path / "home")
    create_ledger(home)
    deposit(home, "a.txt", "b.txt", "c.txt")
    with opened(home) as place:
        erase(place, 0)
    move_ledger(home, empty_database)
    with opened(home) as place:
        erase(place, 1)
        assert place.ledger.store.unfinished_erasures() == []
        assert not place.ledger.finish_erasures(), "nobody here can tell what its files hold"
        assert place.audit().verdict is Verdict.PASSED
    (tmp_path / "back").mkdir()
    move_ledger(home, target_at(str(tmp_path / "back")))
    with opened(home) as place:
        assert [place.ledger.entry(at).statement is None for at in range(3)] == [True, True, False]
        assert place.audit().verdict is Verdict.PASSED
        erase(place, 2)
        assert place.audit().facts["erased"] == 3
