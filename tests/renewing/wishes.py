"""What renewals are asked for."""

from __future__ import annotations

from datetime import timedelta

from evidence_ledger.renewing.plan import Wish
from tests.workbench import Workbench

ALL = Wish()
TREE = Wish(digest="sha512")


def within_a_year(bench: Workbench) -> Wish:
    return Wish(bench.clock.now() + timedelta(days=366))
