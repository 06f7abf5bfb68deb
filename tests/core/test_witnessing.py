"""Every row of the specification of add-checkpoint (C2SP tlog-witness v1.0.0)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import merkle
from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.note import Note, SignatureLine
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.core.witnessing import RULES, SIZE_TYPE, Judgement, judge
from tests.small_log import LOG, LOG_ML_DSA, TestKey, make_key
from tests.witness.bench import STRANGER, note_of, proof, request, root


@dataclass(frozen=True)
class Row:
    """A request, what the witness has, and what it must answer."""

    name: str
    status: int
    reason: str | None
    old: int = 5
    size: int = 7
    root: bytes = field(default_factory=lambda: root(7))
    proof: list[bytes] = field(default_factory=lambda: proof(5, 7))
    signers: tuple[TestKey, ...] = (LOG,)
    keys: tuple[TestKey, ...] = (LOG,)
    latest: Checkpoint | None = field(default_factory=lambda: Checkpoint(LOG.name, 5, root(5)))
    spoil: tuple[str, ...] = ()

    def body(self) -> bytes:
        checkpoint = Checkpoint(LOG.name, self.size, self.root)
        note = note_of(checkpoint, self.signers)
        lines = tuple(spoiled(one) if one.name in self.spoil else one for one in note.signatures)
        signed = Note(note.text, lines)
        return AddCheckpoint(self.old, tuple(self.proof), signed, checkpoint).encode()

    def judged(self) -> Judgement:
        keys = [key.verifier for key in self.keys]
        return judge(AddCheckpoint.parse(self.body()), keys, self.latest)


def spoiled(line: SignatureLine) -> SignatureLine:
    return replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))


def turned(hashes: list[bytes]) -> list[bytes]:
    return [hashes[0][::-1], *hashes[1:]]


SECOND = make_key("log.example/7 second", KeyType.ED25519)
OTHER_NAME = TestKey("log.example/7-second", KeyType.ED25519, SECOND.seed)
EMPTY = Checkpoint(LOG.name, 0, merkle.EMPTY_ROOT)

ROWS = [
    Row("grown", 200, None),
    Row("the first checkpoint", 200, None, old=0, proof=[], latest=None),
    Row("the same again", 200, None, size=5, root=root(5), proof=[]),
    Row("an empty tree", 200, None, old=0, size=0, root=EMPTY.root, proof=[], latest=None),
    Row("grown from an empty tree", 200, None, old=0, proof=[], latest=EMPTY),
    Row("an unknown key's signature as well", 200, None, signers=(STRANGER, LOG)),
    Row(
        "an unknown key's wrong signature",
        200,
        None,
        signers=(LOG, STRANGER),
        spoil=(STRANGER.name,),
    ),
    Row("one of two keys", 200, None, keys=(LOG, LOG_ML_DSA, OTHER_NAME)),
    Row("both keys", 200, None, signers=(LOG, LOG_ML_DSA), keys=(LOG, LOG_ML_DSA)),
    Row("an ML-DSA-44 key alone", 200, None, signers=(LOG_ML_DSA,), keys=(LOG_ML_DSA,)),
    Row("the same signature twice", 200, None, signers=(LOG, LOG)),
    # 404: the origin is unknown; whatever else is wrong.
    Row("unknown origin", 404, "witness.unknown-origin", keys=(), latest=None),
    Row("unknown origin, unsigned", 404, "witness.unknown-origin", keys=(), signers=(STRANGER,)),
    Row("unknown origin, shrinking", 404, "witness.unknown-origin", keys=(), old=9),
    # 403: no signature of a known key, or a wrong one.
    Row("only a stranger signed", 403, "witness.not-signed", signers=(STRANGER,)),
    Row("the known key's signature is wrong", 403, "note.bad-signature", spoil=(LOG.name,)),
    Row(
        "one of two known keys' signatures is wrong",
        403,
        "note.bad-signature",
        signers=(LOG, OTHER_NAME),
        keys=(LOG, OTHER_NAME),
        spoil=(OTHER_NAME.name,),
    ),
    Row("unsigned and shrinking", 403, "witness.not-signed", signers=(STRANGER,), old=9),
    Row("unsigned and the old size differs", 403, "witness.not-signed", signers=(STRANGER,), old=3),
    # 400: the old size is above the new one.
    Row("shrinking", 400, "witness.shrinks", old=8),
    Row("shrinking from what is known", 400, "witness.shrinks", size=3, root=root(3), proof=[]),
    # 409: the old size is not that of the latest checkpoint.
    Row("old size too small", 409, "witness.old-size", old=4, proof=proof(4, 7)),
    Row("old size too large", 409, "witness.old-size", old=6, proof=proof(6, 7)),
    Row("old size 0 to learn the size", 409, "witness.old-size", old=0, proof=[]),
    Row("nothing cosigned yet", 409, "witness.old-size", latest=None),
    Row(
        "replay of an older request",
        409,
        "witness.old-size",
        old=3,
        size=5,
        root=root(5),
        proof=proof(3, 5),
    ),
    Row("old size wrong and the proof too", 409, "witness.old-size", old=4, proof=[]),
    # 409 in v1.0.0: the same size with another root.
    Row(
        "another root of the same size",
        409,
        "witness.two-roots",
        size=5,
        root=root(5, "b"),
        proof=[],
    ),
    Row(
        "another root of the same size, with a proof",
        409,
        "witness.two-roots",
        size=5,
        root=root(5, "b"),
    ),
    # 422: the proof, or an empty tree with a root.
    Row(
        "empty tree with a root",
        422,
        "checkpoint.empty-tree-root",
        old=0,
        size=0,
        proof=[],
        latest=None,
    ),
    Row(
        "empty tree with a root after an empty one",
        422,
        "checkpoint.empty-tree-root",
        old=0,
        size=0,
        proof=[],
        latest=EMPTY,
    ),
    Row("proof with old 0", 422, "witness.needless-proof", old=0, latest=None),
    Row("proof after an empty tree", 422, "witness.needless-proof", old=0, latest=EMPTY),
    Row("proof where nothing grew", 422, "merkle.proof-length", size=5, root=root(5)),
    Row("no proof", 422, "merkle.proof-length", proof=[]),
    Row("a hash too few", 422, "merkle.proof-length", proof=proof(5, 7)[:-1]),
    Row("a hash too many", 422, "merkle.proof-length", proof=[*proof(5, 7), bytes(32)]),
    Row("63 hashes", 422, "merkle.proof-length", proof=[bytes(32)] * 63),
    Row("a wrong hash", 422, "merkle.consistency-old", proof=turned(proof(5, 7))),
    Row("a fork", 422, "merkle.consistency-old", root=root(7, "b"), proof=proof(5, 7, "b")),
    Row("another root for a right proof", 422, "merkle.consistency-new", root=bytes(32)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_of_the_specification(row: Row) -> None:
    found = row.judged()
    assert (found.status, found.reason) == (row.status, row.reason)
    assert (found.admitted is not None) is (row.status == 200)


CONFLICTS = [row for row in ROWS if row.status == 409]


@pytest.mark.parametrize("row", CONFLICTS, ids=lambda row: row.name)
def test_a_conflict_tells_the_size_where_that_helps(row: Row) -> None:
    """Two roots of one size: a client that went on from the size would ask for ever."""
    answer = row.judged().refusal()
    known = row.latest.size if row.latest else 0
    is_told = (answer.body, answer.media_type) == (f"{known}\n".encode(), SIZE_TYPE)
    assert is_told is (row.reason == "witness.old-size")
    assert (answer.media_type == SIZE_TYPE) is is_told


def test_every_rule_has_a_row_that_breaks_it() -> None:
    assert {rule.status for rule in RULES} == {row.status for row in ROWS} - {200}


def test_two_trees_of_one_size_are_a_fork_whatever_old_size_is_given() -> None:
    same = Row("", 409, None, size=5, root=root(5, "b"), proof=[])
    assert same.judged().fork
    assert replace(same, old=3, proof=proof(3, 5, "b")).judged().fork
    assert not replace(same, signers=(STRANGER,)).judged().fork
    assert not replace(same, old=3, root=root(5)).judged().fork


def test_only_verified_signatures_are_kept_and_once() -> None:
    found = Row("", 200, None, signers=(STRANGER, LOG, LOG, LOG_ML_DSA)).judged().admitted
    assert found is not None
    assert [line.name for line in Note.parse(found.encode()).signatures] == [LOG.name]


def test_extension_lines_need_a_signature_that_covers_them() -> None:
    """An ML-DSA-44 cosignature says nothing about them (tlog-cosignature v1.1.0-rc.1)."""
    checkpoint = Checkpoint(LOG.name, 7, root(7), ("more",))
    keys = [LOG.verifier, LOG_ML_DSA.verifier]
    for signers, status in [((LOG,), 200), ((LOG_ML_DSA,), 403), ((LOG, LOG_ML_DSA), 200)]:
        note = note_of(checkpoint, signers)
        found = judge(AddCheckpoint(0, (), note, checkpoint), keys, None)
        assert found.status == status


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.sampled_from("ab"))
def test_nothing_is_admitted_that_does_not_continue_the_latest(
    known: int, old: int, size: int, branch: str
) -> None:
    latest = Checkpoint(LOG.name, known, root(known)) if known else None
    found = judge(AddCheckpoint.parse(request(old, size, branch)), [LOG.verifier], latest)
    continues = known <= size and root(known) == root(known, branch) and old == known
    assert (found.status == 200) is continues
