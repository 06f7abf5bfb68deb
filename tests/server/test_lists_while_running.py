"""Witnesses and authorities that are added while a server runs are asked by its next seal."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry, WitnessList
from evidence_ledger.assembly import OpenLedger, open_ledger
from evidence_ledger_server.sealing_place import SealingPlace
from tests.server.running import Running
from tests.small_log import make_key
from tests.workbench import fact

KEY = make_key("late.example").verifier.encode()
SINCE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def add_witness(home: Home) -> None:
    """One at whose address nobody listens."""
    late = WitnessEntry("late", "http://127.0.0.1:1/", (KEY,), SINCE)
    WitnessList().added(late).save(home.witnesses)


def test_a_witness_added_while_the_server_runs_is_asked_by_the_next_seal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before, it was asked only after the server was started anew, and nothing said so."""
    with Running(tmp_path / "served", seal_every=3600.0, seal_wait=30.0) as server:
        add_witness(server.home)
        with caplog.at_level(logging.WARNING, "evidence.sealing"):
            signed = server.signed(fact("a", b"a"))
            server.deposit(signed, params={"wait": "seal"}).raise_for_status()
    told = [getattr(one, "told", {}) for one in caplog.records if one.message == "no cosignature"]
    assert told, "the log says who did not cosign"
    assert told[0]["why"].startswith("late did not answer")


@pytest.mark.parametrize("name", ["authorities", "witnesses"])
def test_a_list_that_can_not_be_read_leaves_what_was_read_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    opened: list[OpenLedger] = []

    def open_place() -> OpenLedger:
        opened.append(open_ledger(server.home))
        return opened[-1]

    with Running(tmp_path / "served", seal=False) as server:
        place = SealingPlace(server.home, open_place)
        path: Path = getattr(server.home, name)
        path.write_text("v = 1\nunheard_of = 2\n")
        with caplog.at_level(logging.ERROR, "evidence.sealing"):
            place.follow()
        assert "the key and the lists were not read" in caplog.messages
        assert place.ledger is opened[0].ledger
        path.write_text("v = 1\n")
        place.follow()
        assert place.ledger is opened[1].ledger
        place.close()
