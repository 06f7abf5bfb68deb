"""What others hold against what is shown here: certificates, mirrors, witnesses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from evidence_ledger.core.held import Held
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.trust_policy import TrustedWitness
from evidence_ledger.errors import LogUnreachable
from tests.monitor.bench import ADDRESS, KEYS, FakeLedger, MonitorBench, bench
from tests.small_log import LOG, LOG_ML_DSA, TestKey, make_key, spoilt

ONE, TWO = make_key("one.example"), make_key("two.example")


@dataclass
class FakeView:
    """What a witness shows of ``ledger``."""

    key: TestKey
    ledger: FakeLedger | None
    down: bool = False
    body: bytes | None = None
    seconds: int | None = None
    seen: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.key.name

    def latest(self, origin: str) -> bytes | None:
        self.seen.append(origin)
        if self.down:
            raise LogUnreachable("The witness is down.")
        if self.ledger is None or self.ledger.published is None:
            return self.body
        log = self.ledger.published
        seconds = int(self.ledger.clock.now().timestamp()) if self.seconds is None else self.seconds
        return log.files["checkpoint"] + self.key.line(log.text, seconds)


def forked(tmp_path: Path, size: int = 9, extra: int = 2) -> tuple[MonitorBench, FakeLedger]:
    monitor, ledger = bench(tmp_path, size)
    other = ledger.fork(3)
    other.add(size - 3 + extra, seed="other")
    other.publish()
    return monitor, other


def held(ledger: FakeLedger) -> Held:
    return Held.of(Note.parse(ledger.checkpoint()))


def test_a_checkpoint_that_is_held_convicts(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path, extra=-2)
    monitor.rules = replace(monitor.rules, held=[held(other)])
    assert monitor.codes() == ["ledger.two-histories"]
    report = verify_misbehaviour(monitor.evidence[0].read_bytes(), [LOG.verifier])
    assert report.verdict is Verdict.FAILED


def test_a_spoilt_second_signature_of_what_is_held_does_not_stop_a_conviction(
    tmp_path: Path,
) -> None:
    monitor, other = forked(tmp_path, extra=-2)
    note = Note.parse(spoilt(other.checkpoint(), LOG_ML_DSA))
    monitor.rules = replace(monitor.rules, held=[Held.of(note)])
    assert monitor.codes() == ["ledger.two-histories"]
    report = verify_misbehaviour(monitor.evidence[0].read_bytes(), KEYS[LOG.name])
    assert report.verdict is Verdict.FAILED


def test_a_checkpoint_of_this_history_is_stood_by_and_not_asked_about_again(
    tmp_path: Path,
) -> None:
    monitor, ledger = bench(tmp_path, 300)
    monitor.rules = replace(monitor.rules, held=[held(ledger)])
    ledger.add(300)
    ledger.publish()
    with monitor.opened() as (opened, _):
        assert opened.look()[0].alerts == ()
        ledger.asked.clear()
        assert opened.look()[0].alerts == ()
        assert ledger.asked == ["checkpoint"]


def test_what_strangers_signed_accuses_nobody(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path)
    other.signers = (make_key(LOG.name),)
    other.publish()
    monitor.rules = replace(monitor.rules, held=[held(other)])
    assert monitor.codes() == []


def test_two_addresses_of_one_ledger_that_differ_convict(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path)
    monitor.ledgers["https://mirror.example"] = other
    assert set(monitor.codes()) == {"ledger.two-histories"}
    assert {sight.verdict for sight in monitor.look()} == {Verdict.FAILED}


def test_a_mirror_that_lags_is_no_trouble(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 9)
    mirror = ledger.fork(9)
    mirror.publish(5)
    monitor.ledgers["https://mirror.example"] = mirror
    assert monitor.codes() == []


def with_witnesses(monitor: MonitorBench, *views: FakeView) -> None:
    trusted = [TrustedWitness(key.name, key.verifier) for key in (ONE, TWO)]
    monitor.rules = replace(monitor.rules, witnesses=trusted, quorum=Quorum(witnesses=2))
    monitor.witnesses = views


def test_a_witness_that_saw_another_history_convicts(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path, extra=-1)
    with_witnesses(monitor, FakeView(ONE, other))
    assert monitor.codes() == ["ledger.two-histories"]
    assert "one.example" in monitor.look()[0].alerts[0].says


def test_a_newer_state_that_is_withheld_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path, 5)
    hidden = ledger.fork(5)
    hidden.add(4)
    hidden.publish()
    since = int(ledger.clock.now().timestamp())
    view = FakeView(ONE, hidden, seconds=since)
    with_witnesses(monitor, view)
    ledger.signers = (*ledger.signers, ONE, TWO)
    ledger.publish()
    assert monitor.codes() == []
    ledger.clock.move(hours=25)
    assert monitor.codes() == ["monitor.withheld"]
    view.key = TestKey(ONE.name, ONE.type, bytes(32))
    assert monitor.codes() == []


def test_a_quorum_that_is_met_is_no_news(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    with_witnesses(monitor, FakeView(ONE, ledger), FakeView(TWO, ledger))
    monitor.look()
    ledger.clock.move(days=3)
    assert monitor.codes() == []


def test_a_quorum_that_is_lacking_for_long_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    behind = ledger.fork(3)
    behind.publish(2)
    with_witnesses(monitor, FakeView(ONE, ledger), FakeView(TWO, behind))
    assert monitor.codes() == []
    ledger.clock.move(hours=25)
    assert monitor.codes() == ["monitor.witnesses"]
    assert "1 of 2 witnesses" in monitor.look()[0].alerts[0].says
    monitor.look()
    assert monitor.told() == ["monitor.witnesses"]


def test_cosignatures_under_the_served_checkpoint_count(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    ledger.signers = (*ledger.signers, ONE, TWO)
    ledger.publish()
    with_witnesses(monitor)
    monitor.look()
    ledger.clock.move(hours=25)
    assert monitor.codes() == []


def test_cosignatures_that_come_later_count(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    with_witnesses(monitor)
    monitor.look()
    ledger.clock.move(hours=23)
    ledger.signers = (*ledger.signers, ONE, TWO)
    ledger.publish()
    monitor.look()
    ledger.clock.move(hours=2)
    assert monitor.codes() == []


def test_a_cosignature_of_somebody_else_does_not_count(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    liar = FakeView(TWO, ledger)
    with_witnesses(monitor, FakeView(ONE, ledger), liar)
    liar.key = TestKey(TWO.name, TWO.type, bytes(32))
    monitor.look()
    ledger.clock.move(hours=25)
    assert monitor.codes() == ["monitor.witnesses"]


def test_a_witness_that_is_away_or_answers_nonsense_is_told(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    with_witnesses(
        monitor, FakeView(ONE, ledger, down=True), FakeView(TWO, None, body=b"please log in")
    )
    assert monitor.codes() == ["monitor.witness-unreachable", "monitor.witness-answer"]


def test_nobody_is_asked_about_a_ledger_that_was_never_seen(tmp_path: Path) -> None:
    monitor, ledger = bench(tmp_path)
    ledger.broken["checkpoint"] = None
    view = FakeView(ONE, ledger)
    with_witnesses(monitor, view)
    assert ADDRESS in monitor.ledgers
    assert LOG.name in KEYS
    assert monitor.codes() == ["monitor.unreachable"]
    assert view.seen == []


def test_a_checkpoint_that_is_held_and_not_shown_is_a_warning(tmp_path: Path) -> None:
    """The ledger withholds for good what it signed for us."""
    monitor, ledger = bench(tmp_path, 3)
    fuller = ledger.fork(3)
    fuller.add(9)
    fuller.publish()
    monitor.rules = replace(monitor.rules, held=[held(fuller)])
    monitor.clock.move(days=30)
    assert "monitor.held" in monitor.codes()


def test_a_larger_checkpoint_of_another_history_that_is_held_is_a_warning(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path, size=3, extra=9)
    monitor.rules = replace(monitor.rules, held=[held(other)])
    assert "monitor.held" in monitor.codes()


def test_a_signed_checkpoint_without_entries_at_another_address_convicts(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path, extra=-2)
    ledger = monitor.ledgers[ADDRESS]
    assert other.published is not None
    other.published.files = {"checkpoint": other.published.files["checkpoint"]}
    monitor.ledgers = {"https://a.example": ledger, "https://b.example": other}
    sights = monitor.look()
    assert "ledger.two-histories" in {one.code for sight in sights for one in sight.alerts}


def test_the_tile_that_hides_a_fork_hides_it_not(tmp_path: Path) -> None:
    monitor, other = forked(tmp_path, size=300, extra=-250)
    monitor.rules = replace(monitor.rules, held=[held(other)])
    assert monitor.codes() == ["ledger.two-histories"]
