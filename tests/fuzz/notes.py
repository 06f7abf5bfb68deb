"""The texts of transparency logs: keys, notes, checkpoints, proofs, policies, bundles."""

from __future__ import annotations

from functools import partial

from evidence_ledger.core import tile
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.log_growth import Mark
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.monitor_state import MonitorState, Progress
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.proof_verification import verify_proof
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.tlog_policy import TlogPolicy
from evidence_ledger.core.tlog_proof import TlogProof
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from tests.fuzz.target import Reports, Target, each, read_corpus
from tests.golden.vectors import misbehaviour
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key

ENTRIES = [b"entry %d" % n for n in range(5)]
SMALL = SmallLog(ENTRIES)
WITNESSES = [
    make_key("w0.example"),
    make_key("w1.example", KeyType.ML_DSA_44),
    make_key("w2.example"),
]
KEYS = [key.verifier for key in (LOG, LOG_ML_DSA, *WITNESSES)]
NOTE = SMALL.note(*WITNESSES, signers=(LOG, LOG_ML_DSA))
POLICY = "".join(
    [
        f"# who counts\nlog {LOG.verifier.encode()} https://log.example/\n",
        *(f"witness W{n} {key.verifier.encode()}\n" for n, key in enumerate(WITNESSES)),
        "group some any W0 W1\ngroup both 2 some W2\nquorum both\n",
    ]
).encode()


def _note(data: bytes) -> None:
    found = Note.parse(data)
    assert found.encode() == data
    each(lambda: Checkpoint.parse(found.text))
    each(partial(Checkpoint.parse, found.text, extensions_allowed=False))
    verify_note(found, KEYS)
    known = {key.key_id for key in KEYS}
    assert found.text == NOTE.text or not known & {one.key_id for one in found.signatures}


def _key(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert VerifierKey.parse(text).encode() == text


def _policy(data: bytes) -> None:
    found = TlogPolicy.parse(data)
    assert TlogPolicy.parse(found.encode()) == found
    found.satisfied_by([one.key.key_id for one in found.witnesses])


def _tile(data: bytes) -> None:
    width = 1 + (data[0] if data else 0)
    entries = tile.parse_bundle(data[1:], width)
    assert tile.encode_bundle(entries) == data[1:]


def _tile_path(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert tile.TilePath.parse(text).encode() == text


def proof_target() -> Target:
    """tlog-proofs against a policy, parsed and judged."""
    reports = Reports(_proof, "ignored_signatures", "unproved_extra", fewer=["witnesses"])
    own = (SMALL.proof(2, NOTE), SMALL.proof(2, SMALL.note(*WITNESSES)))
    seeds = reports.learn((*own, *read_corpus("tlog-proof/*.tlog-proof")))

    def judge(data: bytes) -> None:
        each(lambda: _proof_form(data))
        reports.judge(data)

    return Target("tlog-proof", judge, seeds)


def _proof(data: bytes) -> Report:
    return verify_proof(data, ENTRIES[2], TlogPolicy.parse(POLICY))


def _proof_form(data: bytes) -> None:
    assert TlogProof.parse(data).encode() == data


def _misbehaviour(data: bytes) -> None:
    """Whatever the bytes, nobody is accused who did not sign both: the keys are known to few."""
    report = verify_misbehaviour(data, [key.verifier for key in (LOG, LOG_ML_DSA)])
    assert len(report.steps) == 5
    assert report.verdict in (Verdict.INDETERMINATE, Verdict.FAILED)
    if report.verdict is Verdict.FAILED:
        found = Misbehaviour.parse(data)
        assert {found.first.text, found.second.text} in _ACCUSED
    each(lambda: _misbehaviour_form(data))


def _misbehaviour_form(data: bytes) -> None:
    assert Misbehaviour.parse(data).encode() == data


def _monitor_state(data: bytes) -> None:
    assert MonitorState.parse(data).encode() == data


_MARK = Mark(5, (bytes(160),), bytes(32), "2026-11-22T10:00:00.000000Z", (3, "x"))
_STATE = MonitorState(LOG.name, NOTE, _MARK, Progress(NOTE, _MARK), watched={"sha256:00": 5})
_EVIDENCE = [data for name, data in misbehaviour().items() if name.endswith(".misbehaviour")]
_ACCUSED = [{found.first.text, found.second.text} for found in map(Misbehaviour.parse, _EVIDENCE)]


def targets() -> tuple[Target, ...]:
    """All of this file."""
    notes = (NOTE.encode(), *read_corpus("tessera-log/checkpoint*"))
    keys = tuple(key.encode().encode() for key in KEYS)
    bundles = (b"\x04" + tile.encode_bundle(ENTRIES), b"\x00\x00\x01x")
    return (
        Target("note", _note, notes),
        Target("verifier-key", _key, keys),
        Target("tlog-policy", _policy, (POLICY, b"quorum none\n")),
        Target("tile", _tile, bundles),
        Target("tile-path", _tile_path, (b"tile/entries/x001/234.p/7", b"tile/0/000")),
        proof_target(),
        Target("monitor-state", _monitor_state, (_STATE.encode(), MonitorState("").encode())),
        Target("misbehaviour", _misbehaviour, tuple(_EVIDENCE)),
    )
