"""Two checkpoints against each other: every fork that shows is proved, and no honest log is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_ledger.core import merkle
from evidence_ledger.core.contradiction import (
    against,
    between,
    check_authentic,
    check_contradiction,
)
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.held import Held, proved_nodes
from evidence_ledger.core.misbehaviour import Differing, Misbehaviour, Prefix, SameSize
from evidence_ledger.core.misbehaviour_verification import verify_misbehaviour
from evidence_ledger.core.note import Note
from evidence_ledger.core.report import Verdict
from tests.forked_log import Branch
from tests.small_log import LOG

SIZES = st.integers(1, 40)
KEYS = [LOG.verifier]


def judged(found: Misbehaviour) -> Verdict:
    """As anybody judges the file."""
    check_authentic(found)
    check_contradiction(found)
    return verify_misbehaviour(found.encode(), KEYS).verdict


@given(SIZES, SIZES, st.integers(0, 40))
def test_every_fork_before_the_smaller_size_is_proved_from_the_larger_tree(
    old: int, size: int, fork: int
) -> None:
    old, size = min(old, size), max(old, size)
    served = Branch(fork, "b")
    found = against(Branch(fork).held(old), served.held(size), served.tree(size))
    assert (found is not None) == (fork < old)
    if found is not None:
        assert isinstance(found.proof, SameSize if old == size else Prefix)
        assert judged(found) is Verdict.FAILED


@given(SIZES, SIZES, st.data(), st.integers(0, 40))
def test_a_certificate_convicts_a_smaller_tree_too(
    held: int, size: int, data: st.DataObject, fork: int
) -> None:
    held, size = max(held, size) + 1, min(held, size)
    index = data.draw(st.integers(0, held - 1))
    served = Branch(fork, "b")
    mine = Branch(fork).certificate(held, index)
    found = against(mine, served.held(size), served.tree(size))
    shown = any(fork < (number + 1) << level <= size for level, number in mine.nodes)
    assert (found is not None) == shown
    assert found is None or judged(found) is Verdict.FAILED


@given(SIZES, SIZES, st.data(), st.integers(0, 40))
def test_two_certificates_convict_where_they_show_the_same_node(
    one: int, other: int, data: st.DataObject, fork: int
) -> None:
    mine = Branch(fork, "a").certificate(one, data.draw(st.integers(0, one - 1)))
    yours = Branch(fork, "b").certificate(other, data.draw(st.integers(0, other - 1)))
    found = between(mine, yours)
    nodes = mine.nodes.keys() & yours.nodes.keys()
    shown = any(fork < (number + 1) << level for level, number in nodes)
    if one == other:
        shown = fork < one
    assert (found is not None) == shown
    assert found is None or judged(found) is Verdict.FAILED


def test_two_lawyers_with_the_same_entry_number_need_nobody_else() -> None:
    mine, yours = Branch(3, "a").certificate(9, 5), Branch(3, "b").certificate(14, 5)
    found = between(mine, yours)
    assert found is not None
    assert isinstance(found.proof, Differing)
    assert judged(found) is Verdict.FAILED


@given(SIZES, SIZES, st.data())
def test_an_honest_log_is_never_convicted(one: int, other: int, data: st.DataObject) -> None:
    log = Branch(0)
    mine = log.certificate(one, data.draw(st.integers(0, one - 1)))
    yours = log.certificate(other, data.draw(st.integers(0, other - 1)))
    assert between(mine, yours) is None
    assert against(mine, yours, log.tree(other)) is None


@given(SIZES, st.data())
def test_what_an_inclusion_proof_shows_is_in_the_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = Branch(0).leaves(size)
    path = merkle.inclusion_proof(leaves, index)
    for (level, number), shown in proved_nodes(leaves[index], index, size, path).items():
        assert shown.hash == merkle.root_hash(leaves[number << level : (number + 1) << level])
        merkle.verify_node((level, number), shown.hash, size, shown.path, merkle.root_hash(leaves))
        assert list(shown.path) == Branch(0).tree(size).node_path((level, number), size)


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40))
def test_a_prefix_proof_gives_both_roots(old: int, size: int) -> None:
    old, size = min(old, size), max(old, size) + 1
    leaves = Branch(0).leaves(size)
    proof = Branch(0).tree(size).prefix_proof(old, size)
    roots = merkle.root_hash(leaves[:old]), merkle.root_hash(leaves)
    assert merkle.prefix_roots(old, size, proof) == roots
    consistency = merkle.consistency_proof(leaves, old)
    assert proof[-len(consistency) :] == consistency


def test_an_empty_tree_is_the_beginning_of_every_tree() -> None:
    served = Branch(0, "b")
    empty = Branch(0).checkpoint(0)
    text = empty.encode()
    held = Held.of(Note.parse(text + b"\n" + LOG.line(text)))
    assert against(held, served.held(5), served.tree(5)) is None


@given(st.integers(1, 600), st.integers(1, 600), st.integers(0, 600))
@settings(max_examples=50)
def test_the_edge_of_a_followed_tree_convicts_a_smaller_one(
    mine: int, size: int, fork: int
) -> None:
    """Of whole tiles the edge knows the root alone, which a smaller tree may not have."""
    mine, size = max(mine, size) + 1, min(mine, size)
    branch, served = Branch(fork), Branch(fork, "b")
    edge = Edge()
    edge.push_many(branch.leaves(mine))
    held = Held.with_edge(branch.note(mine), edge.partial_hashes())
    for (level, number), shown in held.nodes.items():
        root = branch.checkpoint(mine).root
        merkle.verify_node((level, number), shown.hash, mine, shown.path, root)
    found = against(held, served.held(size), served.tree(size))
    covered = [(number + 1) << level for level, number in held.nodes]
    assert (found is not None) == any(fork < end <= size for end in covered)
    assert found is None or judged(found) is Verdict.FAILED
