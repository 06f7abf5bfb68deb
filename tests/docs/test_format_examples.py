"""The examples in the pages about formats are real ones, and every code they name exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.proof_verification import verify_proof
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.rotation import rotation_text
from evidence_ledger.core.tile import TilePath, parse_bundle
from evidence_ledger.core.tlog_policy import TlogPolicy
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.core.witnessing import judge
from tests.conftest import ROOT
from tests.golden import vectors
from tests.witness.bench import root

PAGES = ROOT / "docs" / "format"
NAMES = ["tree", "tiles", "signed-note", "checkpoint", "tlog-proof", "tlog-policy", "witness"]
NAMES += ["misbehaviour"]
NAMES += ["administration"]


def _examples(name: str) -> list[str]:
    text = (PAGES / f"{name}.md").read_text()
    return re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_proof_passes_under_the_policy() -> None:
    proof, policy = _examples("tlog-proof")[0], _examples("tlog-policy")[0]
    report = verify_proof(proof.encode(), b"entry 2", TlogPolicy.parse(policy.encode()))
    assert report.verdict is Verdict.PASSED


def test_the_note_is_signed_by_both_keys() -> None:
    note, keys, *_ = _examples("signed-note")
    known = [VerifierKey.parse(line) for line in keys.splitlines()]
    signed = verify_note(Note.parse(note.encode()), known)
    assert [one.key for one in signed] == known


def test_the_cosigned_message_is_that_of_the_note() -> None:
    note, _, message, *_ = _examples("signed-note")
    assert message == "cosignature/v1\ntime 1700000000\n" + Note.parse(note.encode()).text.decode()


def test_the_checkpoint_is_that_of_the_proof() -> None:
    assert _examples("checkpoint")[0] in _examples("tlog-proof")[0]


def test_the_tiles_are_paths_and_a_bundle() -> None:
    paths, bundle = _examples("tiles")
    for line in paths.splitlines()[1:]:
        assert TilePath.parse(line.split()[0]).encode() == line.split()[0]
    assert parse_bundle(bytes.fromhex(bundle), 3) == [b"ab", b"", b"c"]


def test_the_witness_cosigned_the_request() -> None:
    body, log, answer = _examples("witness")
    request = AddCheckpoint.parse(body.encode())
    latest = Checkpoint(request.checkpoint.origin, 3, root(3))
    judgement = judge(request, [VerifierKey.parse(log.strip())], latest)
    assert judgement.admitted is not None
    line, key = answer.splitlines()
    note = Note.parse(judgement.admitted.encode() + f"{line}\n".encode())
    assert len(verify_note(note, [VerifierKey.parse(key)])) == 1


def test_the_evidence_convicts_under_the_key_alone() -> None:
    prefix, vkey, node = _examples("misbehaviour")
    for example in (prefix, node):
        report = verify_misbehaviour(example.encode(), [VerifierKey.parse(vkey.strip())])
        assert report.verdict is Verdict.FAILED


def test_the_evidence_is_checked_by_hand_as_the_page_says(tmp_path: Path) -> None:
    page = (PAGES / "misbehaviour.md").read_text()
    (script,) = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "found.misbehaviour").write_text(_examples("misbehaviour")[0])
    done = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    verified = "Signature Verified Successfully"
    assert done.stdout.splitlines() == [
        verified,
        verified,
        "All four hashes give the root of 11 that was signed.",
        "In that tree the first 6 entries have another root than the one that was signed.",
    ]


def test_the_administration_and_the_grant_are_the_golden_ones() -> None:
    act, grant, proof = _examples("administration")
    assert act.encode() == vectors.read("administration-statement.json") + b"\n"
    assert grant.encode() == vectors.read("grant-statement.json") + b"\n"
    stated = vectors.GRANT_STATEMENT
    assert stated.grant is not None
    text = rotation_text(stated.ledger, stated.signer, stated.grant.signer)
    assert proof.encode() == text


@pytest.mark.parametrize("name", NAMES)
def test_every_code_on_a_page_is_one_of_the_program(name: str) -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / "evidence_ledger").rglob("*.py")))
    page = (PAGES / f"{name}.md").read_text()
    areas = (
        "merkle|note|vkey|checkpoint|cosignature|decimal|base64|tile|tlog-proof|tlog-policy|log"
        "|misbehaviour|ledger|witness|witness-request|witness-memory|witness-service|clock"
        "|witness|witness-request|witness-memory|witness-service|clock"
        "|administration|grant|register|rotation"
    )
    codes = set(re.findall(rf"`((?:{areas})\.[a-z0-9-]+)`", page))
    assert codes
    assert not {code for code in codes if f'"{code}"' not in source}
