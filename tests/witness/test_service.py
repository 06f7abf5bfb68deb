"""The witness at work: what is durable, what stays unchanged, what it refuses to go on from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.adapters.witness.home import WitnessHome
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.cosignature import Cosignature
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.errors import UsageError, WitnessRolledBack
from evidence_ledger.witness.logs import Source
from evidence_ledger.witness_assembly import open_witness
from tests.core.test_witnessing import ROWS, Row
from tests.small_log import LOG, make_key
from tests.witness.bench import STRANGER, WitnessBench, note_of, proof, request, root


@pytest.fixture
def bench(tmp_path: Path) -> WitnessBench:
    return WitnessBench(tmp_path)


def test_both_cosignatures_are_of_the_witness_and_of_now(bench: WitnessBench) -> None:
    answer = bench.ask(request(0, 5)).answer
    assert answer.status == 200
    note = Note.parse(AddCheckpoint.parse(request(0, 5)).note.encode() + answer.body)
    signed = verify_note(note, bench.vkeys)
    assert [one.key.type for one in signed] == [KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44]
    times = [one.cosignature.moment for one in signed if isinstance(one.cosignature, Cosignature)]
    assert times == [bench.clock.now()] * 2


def test_the_published_checkpoint_has_the_answered_cosignatures(bench: WitnessBench) -> None:
    assert bench.published() is None
    body = bench.ask(request(0, 5, signers=(STRANGER, LOG))).answer.body
    published = bench.published()
    assert published is not None
    assert published.endswith(body)
    assert STRANGER.name.encode() not in published
    assert bench.checkpoint() == Checkpoint(LOG.name, 5, root(5))


REFUSED = [row for row in ROWS if row.status not in (200, 404) and row.keys == (LOG,)]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_after_a_refusal_the_state_is_unchanged(bench: WitnessBench, row: Row) -> None:
    if row.latest is not None:
        known = note_of(row.latest)
        assert bench.ask(AddCheckpoint(0, (), known, row.latest).encode()).answer.status == 200
    before = bench.state()
    outcome = bench.ask(row.body())
    assert (outcome.answer.status, outcome.reason) == (row.status, row.reason)
    assert bench.state() == before
    bench.reopened()
    assert bench.state() == before


def test_malformed_and_unknown_leave_nothing_behind(bench: WitnessBench) -> None:
    before = bench.state()
    assert bench.ask(b"old 5").answer.status == 400
    unknown = Checkpoint("other.example", 5, root(5))
    answer = bench.ask(AddCheckpoint(0, (), note_of(unknown), unknown).encode()).answer
    assert answer.status == 404
    assert bench.state() == before


def test_a_batch_is_judged_in_order(bench: WitnessBench) -> None:
    bodies = [request(0, 3), request(3, 5), request(3, 6), b"", request(5, 6)]
    outcomes = bench.open.service.add_checkpoints(bodies)
    assert [one.answer.status for one in outcomes] == [200, 200, 409, 400, 200]
    assert outcomes[2].answer.body == b"5\n"
    assert bench.checkpoint() == Checkpoint(LOG.name, 6, root(6))
    assert bench.reopened().service.add_checkpoint(request(6, 7)).answer.status == 200


def test_the_same_again_gets_a_new_time(bench: WitnessBench) -> None:
    first = bench.ask(request(0, 5)).answer.body
    bench.clock.move(seconds=5)
    second = bench.ask(request(5, 5)).answer.body
    assert first != second
    assert (bench.published() or b"").endswith(second)


def test_no_cosignature_has_an_earlier_time_than_the_one_before(bench: WitnessBench) -> None:
    assert bench.add(0, 5) == 200
    bench.clock.move(hours=-1)
    before = bench.state()
    outcome = bench.ask(request(5, 6))
    assert (outcome.answer.status, outcome.reason) == (503, "clock.behind")
    assert bench.state() == before
    bench.clock.move(hours=1)
    assert bench.add(5, 6) == 200


def test_proof_of_a_fork_is_kept(bench: WitnessBench) -> None:
    bench.add(0, 6)
    assert bench.add(6, 6, "b") == 409
    assert bench.add(6, 6, "b") == 409
    assert bench.add(5, 6, "c") == 409
    kept = sorted(bench.home.forks.iterdir())
    assert len(kept) == 2
    for path in kept:
        report = verify_misbehaviour(path.read_bytes(), [LOG.verifier])
        assert report.verdict is Verdict.FAILED
        assert [one["size"] for one in report.facts["checkpoints"]] == [6, 6]  # type: ignore[attr-defined]  # facts hold JSON values
    assert [state.forks for state in bench.open.logs.states()] == [2]


def test_a_larger_tree_of_another_branch_convicts_by_its_own_proof(bench: WitnessBench) -> None:
    bench.add(0, 6)
    assert bench.add(6, 9, "b") == 422
    (kept,) = bench.home.forks.iterdir()
    report = verify_misbehaviour(kept.read_bytes(), [LOG.verifier])
    assert (report.verdict, report.facts["proof"]) == (Verdict.FAILED, "prefix")


def test_a_wrong_proof_of_an_honest_log_convicts_nobody(bench: WitnessBench) -> None:
    """Anybody may send an honest log's checkpoint with a proof of their own."""
    bench.add(0, 6)
    right = AddCheckpoint.parse(request(6, 9))
    for hashes in (proof(6, 9, "b"), proof(5, 9), [bytes(32)] * len(right.proof), []):
        assert bench.ask(replace(right, proof=tuple(hashes)).encode()).answer.status == 422
    assert bench.add(3, 9, "b") == 409
    assert not list(bench.home.forks.iterdir())


def test_proofs_of_forks_are_bounded(bench: WitnessBench) -> None:
    bench.add(0, 6)
    for number in range(20):
        assert bench.add(6, 6, f"b{number}") == 409
    assert len(list(bench.home.forks.iterdir())) == 16


def snapshot(bench: WitnessBench, name: str) -> Path:
    """A copy of the witness's folder, as a backup has it."""
    bench.reopened().close()
    copy = bench.folder / name
    shutil.copytree(bench.home.folder, copy)
    bench.open = open_witness(bench.home, bench.clock)
    return copy


def restore_database(bench: WitnessBench, backup: Path) -> None:
    bench.open.close()
    for path in bench.home.folder.glob("witness.sqlite*"):
        path.unlink()
    shutil.copy(WitnessHome(backup).database, bench.home.database)
    bench.open = open_witness(bench.home, bench.clock)


def test_a_restored_older_database_signs_nothing(bench: WitnessBench) -> None:
    bench.add(0, 4)
    backup = snapshot(bench, "backup")
    assert (bench.add(4, 6), bench.add(6, 8)) == (200, 200)
    restore_database(bench, backup)
    for body in (request(4, 5, "b"), request(4, 6), request(8, 9), request(0, 9)):
        outcome = bench.ask(body)
        assert (outcome.answer.status, outcome.reason) == (503, "witness-service.rolled-back")
    assert isinstance(bench.open.logs.states()[0].trouble, WitnessRolledBack)


def test_one_log_that_is_rolled_back_does_not_stop_another(bench: WitnessBench) -> None:
    other = make_key("other.example", KeyType.ED25519)
    backup = snapshot(bench, "backup")
    bench.add(0, 4)
    bench.add(4, 6)
    restore_database(bench, backup)
    bench.open.logs.add([other.verifier])
    point = Checkpoint(other.name, 5, root(5))
    body = AddCheckpoint(0, (), note_of(point, [other]), point).encode()
    outcomes = bench.open.service.add_checkpoints([request(0, 5, "b"), body])
    assert [one.answer.status for one in outcomes] == [503, 200]


def test_the_operator_goes_on_from_the_memory(bench: WitnessBench) -> None:
    bench.add(0, 4)
    backup = snapshot(bench, "backup")
    bench.add(4, 6)
    bench.add(6, 8)
    restore_database(bench, backup)
    with pytest.raises(WitnessRolledBack):
        bench.open.logs.resume(LOG.name, Source.DATABASE)
    bench.open.logs.resume(LOG.name, Source.MEMORY)
    assert bench.checkpoint() == Checkpoint(LOG.name, 8, root(8))
    assert bench.add(4, 9, "b") == 409
    assert bench.add(8, 9) == 200
    with pytest.raises(UsageError):
        bench.open.logs.resume(LOG.name, Source.MEMORY)


def test_a_database_that_is_one_step_behind_is_completed(bench: WitnessBench) -> None:
    """The memory is written first: the step may have been cosigned, so it counts."""
    bench.add(0, 4)
    backup = snapshot(bench, "backup")
    bench.add(4, 6)
    restore_database(bench, backup)
    assert bench.add(4, 5, "b") == 409
    assert bench.checkpoint() == Checkpoint(LOG.name, 6, root(6))
    assert bench.add(6, 8) == 200


def test_a_lost_memory_stops_the_witness(bench: WitnessBench) -> None:
    bench.add(0, 4)
    for path in bench.home.memory.iterdir():
        path.unlink()
    assert bench.ask(request(4, 6)).reason == "witness-service.rolled-back"
    with pytest.raises(WitnessRolledBack):
        bench.open.logs.resume(LOG.name, Source.MEMORY)
    bench.open.logs.resume(LOG.name, Source.DATABASE)
    assert bench.add(4, 6) == 200


def test_an_older_memory_stops_the_witness(bench: WitnessBench) -> None:
    bench.add(0, 4)
    backup = snapshot(bench, "backup")
    bench.add(4, 6)
    shutil.rmtree(bench.home.memory)
    shutil.copytree(WitnessHome(backup).memory, bench.home.memory)
    assert bench.ask(request(6, 7)).reason == "witness-service.rolled-back"
    with pytest.raises(WitnessRolledBack):
        bench.open.logs.resume(LOG.name, Source.MEMORY)


def test_two_histories_are_never_resumed(bench: WitnessBench, tmp_path: Path) -> None:
    bench.add(0, 6)
    (tmp_path / "other").mkdir()
    other = WitnessBench(tmp_path / "other")
    other.add(0, 6, "b")
    shutil.rmtree(bench.home.memory)
    shutil.copytree(other.home.memory, bench.home.memory)
    for source in Source:
        with pytest.raises(WitnessRolledBack, match="two histories"):
            bench.open.logs.resume(LOG.name, source)


def flipped(path: Path, what: bytes) -> None:
    """One bit of the file flips where ``what`` stands."""
    data = bytearray(path.read_bytes())
    at = data.rindex(what)
    data[at] ^= 1
    path.write_bytes(data)


def test_a_bit_that_flips_in_the_database_is_not_signed(bench: WitnessBench) -> None:
    bench.add(0, 5)
    bench.open.close()
    flipped(bench.home.database, b"\n5\n")
    bench.open = open_witness(bench.home, bench.clock)
    outcome = bench.ask(request(5, 6))
    assert (outcome.answer.status, outcome.reason) == (503, "witness-service.corrupt")
    bench.open.logs.resume(LOG.name, Source.MEMORY)
    assert bench.add(5, 6) == 200


def test_a_bit_that_flips_in_the_memory_is_not_signed(bench: WitnessBench) -> None:
    bench.add(0, 5)
    path = next(bench.home.memory.iterdir())
    flipped(path, b"\n5\n")
    outcome = bench.ask(request(5, 6))
    assert (outcome.answer.status, outcome.reason) == (503, "witness-service.corrupt")
    bench.open.logs.resume(LOG.name, Source.DATABASE)
    assert bench.add(5, 6) == 200


def test_the_largest_size_there_is(bench: WitnessBench) -> None:
    point = Checkpoint(LOG.name, 2**64 - 1, root(7))
    body = AddCheckpoint(0, (), note_of(point), point).encode()
    assert bench.ask(body).answer.status == 200
    assert bench.checkpoint() == point


def test_a_key_that_is_added_is_known_at_once(bench: WitnessBench) -> None:
    new = make_key(LOG.name, KeyType.ML_DSA_44)
    assert bench.ask(request(0, 5, signers=(new,))).answer.status == 403
    log = bench.open.logs.add([new.verifier], url="https://log.example/7")
    assert (len(log.keys), log.url) == (2, "https://log.example/7")
    assert bench.ask(request(0, 5, signers=(new,))).answer.status == 200


def test_an_origin_that_is_not_the_name_of_its_keys(bench: WitnessBench) -> None:
    bench.open.logs.add([LOG.verifier], origin="go.sum database tree")
    point = Checkpoint("go.sum database tree", 5, root(5))
    body = AddCheckpoint(0, (), note_of(point), point).encode()
    assert bench.ask(body).answer.status == 200


@pytest.mark.parametrize("origin", ["", "x" * 256, "two\nlines"])
def test_an_origin_that_no_cosignature_can_hold_is_refused(
    bench: WitnessBench, origin: str
) -> None:
    with pytest.raises(UsageError):
        bench.open.logs.add([LOG.verifier], origin=origin)


def test_two_processes_never_sign_two_histories(bench: WitnessBench) -> None:
    other = open_witness(bench.home, bench.clock)
    assert bench.add(0, 5) == 200
    assert other.service.add_checkpoint(request(5, 6, "b")).answer.status == 422
    assert other.service.add_checkpoint(request(5, 6)).answer.status == 200
    assert bench.add(5, 6) == 409
    other.close()
