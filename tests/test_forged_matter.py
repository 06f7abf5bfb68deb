"""A certificate that somebody made up says nothing of the matter, whatever mark it bears."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import pytest

from evidence_ledger.author import Context
from evidence_ledger.core import merkle
from evidence_ledger.core.certificate import Certificate
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.entry import Entry
from evidence_ledger.core.examined_certificate import PresentedCertificate
from evidence_ledger.core.matter import keys_of
from evidence_ledger.core.statement import TreePoint
from evidence_ledger.core.tlog_proof import TlogProof
from tests.matter_story import MATTER, Story, told
from tests.small_log import make_key
from tests.workbench import ORIGIN, fact, written


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("matter"))


def made_up(story: Story, index: int, opening: bytes) -> Certificate:
    """Entry ``index`` of a tree and under a key that the forger made, with an opening they know."""
    bench = story.bench
    context = Context(ORIGIN, TreePoint(0, merkle.EMPTY_ROOT), opening=opening)
    fields = [("matter/case_number", "2026-1")]
    signed = bench.author.deposit([fact("a.txt", b"alpha")], fields, context)
    entry = Entry(
        index,
        "deposit",
        bytes(32),
        bench.clock.now(),
        hashlib.sha256(signed.signature).digest(),
        hashlib.sha256(signed.statement).digest(),
        mark=hashlib.sha256(opening).digest(),
    ).encode()
    leaves = [bytes([number]) * 32 for number in range(index)] + [merkle.leaf_hash(entry)]
    text = Checkpoint(ORIGIN, len(leaves), merkle.root_hash(leaves)).encode()
    note = text + b"\n" + make_key(ORIGIN).line(text)
    proof = TlogProof(index, tuple(merkle.inclusion_proof(leaves, index)), note).encode()
    return replace(
        bench.issue(story.own[1]),
        statement=signed.statement,
        signature=signed.signature,
        entry=entry,
        checkpoint=note,
        proof=proof,
        claims=(),
        records=(),
    )


@pytest.mark.parametrize("case", ["same mark", "next mark", "later mark", "no mark of it"])
def test_it_accuses_neither_the_ledger_nor_the_depositor(story: Story, case: str) -> None:
    openings = keys_of(MATTER, ORIGIN).openings
    index, opening = {
        "same mark": (8, openings[1]),
        "next mark": (60, openings[5]),
        "later mark": (60, openings[7]),
        "no mark of it": (9, b"z" * 32),
    }[case]
    forged = written(made_up(story, index, opening))
    more = [PresentedCertificate("forged", io.BytesIO(forged))]
    report = story.check(story.bench.complete(MATTER), story.own, more=more)
    accusing = {"completeness.second-entry", "completeness.second-matter", "completeness.later"}
    assert not accusing & {one.reason for one in report.steps}
    assert report.verdict.name != "PASSED"
    honest = story.check(story.bench.complete(MATTER), story.own)
    assert honest.verdict.name == "PASSED"
