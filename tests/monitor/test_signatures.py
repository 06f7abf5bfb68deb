"""The signatures under entries, where that is asked for: real certificates, whole and spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.monitor.alert_file import AlertFile
from evidence_ledger.adapters.monitor.folder import MonitorFolder
from evidence_ledger.core import trust_policy
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.tile import TilePath
from evidence_ledger.errors import LogUnreachable, ServerUnreachable
from evidence_ledger.monitor.monitor import Followed, Monitor, Sight
from evidence_ledger.monitor.rules import MonitorParts, Rules
from evidence_ledger.published import Published
from tests.workbench import Workbench, written


@dataclass
class Desk:
    """A workbench as it is served. ``changed`` holds other certificates; None is an erased one."""

    bench: Workbench
    changed: dict[int, Certificate | None] = field(default_factory=dict)
    down_from: int = 1 << 30
    asked: list[int] = field(default_factory=list)

    def checkpoint(self) -> bytes:
        return Published(self.bench.store).checkpoint() or b""

    def tile(self, path: str) -> bytes:
        found = Published(self.bench.store).file(TilePath.parse(path))
        if found is None:
            raise LogUnreachable("There is none.", where=path)
        return found

    def holding(self, *_: object) -> Sequence[int]:
        return ()

    def signer_tags(self, *_: object) -> Sequence[bytes | None]:
        return ()

    def certificate(self, index: int) -> bytes | None:
        self.asked.append(index)
        if index >= self.down_from:
            raise ServerUnreachable("down")
        parts = self.changed.get(index, self.bench.issue(index, ()))
        return None if parts is None else written(parts)

    def look(self) -> Sight:
        """One look of a process of its own."""
        policy = trust_policy.parse(self.bench.policy())
        keys = {log.keys[0].name: log.keys for log in policy.logs}
        folder = MonitorFolder(self.bench.folder / "monitor")
        with folder.used():
            alerts = AlertFile(folder.alerts, folder.told)
            rules = Rules(keys, signatures=True, policy=policy)
            parts = MonitorParts(self.bench.clock, folder.evidence, rules)
            (draft,) = folder.drafts(["desk"], alerts)
            followed = Followed("desk", self, folder.state("desk"), draft, self)
            (sight,) = Monitor(parts, [followed]).look()
            return sight


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    bench = Workbench(tmp_path)
    for _ in range(3):
        bench.deposit()
    bench.ledger.seal()
    return Desk(bench)


def test_sound_signatures_are_checked_once_each(desk: Desk) -> None:
    assert desk.look().verdict is Verdict.PASSED
    assert desk.asked == [0, 1, 2]
    desk.bench.deposit()
    desk.bench.ledger.seal()
    assert desk.look().alerts == ()
    assert desk.asked == [0, 1, 2, 3, 4]


def test_a_signature_that_was_altered_is_an_alarm(desk: Desk) -> None:
    parts = desk.bench.issue(1, ())
    signature = bytearray(parts.signature)
    signature[-1] ^= 1
    desk.changed[1] = replace(parts, signature=bytes(signature))
    sight = desk.look()
    assert [one.code for one in sight.alerts] == ["monitor.certificate"]
    assert "entry 1" in sight.alerts[0].says
    assert sight.verdict is Verdict.FAILED


def test_the_certificate_of_another_entry_is_an_alarm(desk: Desk) -> None:
    desk.changed[1] = desk.bench.issue(2, ())
    assert "another entry" in desk.look().alerts[0].says


def test_what_is_said_to_be_erased_is_passed_over_and_told(desk: Desk) -> None:
    desk.changed[1] = None
    sight = desk.look()
    assert [(one.code, one.subject) for one in sight.alerts] == [("monitor.erased", "1")]
    assert "entry 1 was erased; its signature was not checked" in sight.alerts[0].says
    assert sight.verdict is Verdict.PASSED
    assert desk.asked == [0, 1, 2]
    assert desk.look().alerts == ()


def test_many_that_are_said_to_be_erased_are_one_notice(desk: Desk) -> None:
    desk.changed |= {0: None, 2: None}
    (alert,) = desk.look().alerts
    assert "2 entries were erased, the first is 0;" in alert.says


def test_a_server_that_is_down_is_asked_again_from_there(desk: Desk) -> None:
    desk.down_from = 1
    assert [one.code for one in desk.look().alerts] == ["monitor.look-up"]
    desk.down_from = 9
    assert desk.look().alerts == ()
    assert desk.asked == [0, 1, 1, 2]
