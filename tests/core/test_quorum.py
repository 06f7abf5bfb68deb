"""Quorums: how many, of whom, and who never counts."""

from __future__ import annotations

import pytest

from evidence_ledger.core import trust_policy
from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import FormatError
from tests.small_log import make_key

NAMES = ("a", "b", "c", "own")
WITNESSES = "".join(
    f'[[witness]]\nname = "{name}"\nvkey = "{make_key(f"{name}.example").verifier.encode()}"\n'
    + ("operator_run = true\n" if name == "own" else "")
    for name in NAMES
)
GROUPS = """
[[group]]
name = "courts"
members = ["a", "b"]
required = 1

[[group]]
name = "all"
members = ["courts", "c", "own"]
required = 2
"""


def quorum(text: str) -> Quorum:
    return trust_policy.parse(f"v = 1\n{WITNESSES}\n{text}").quorum


@pytest.mark.parametrize(
    ("text", "names", "enough"),
    [
        ("", "", True),
        ("[quorum]\nwitnesses = 2", "a", False),
        ("[quorum]\nwitnesses = 2", "a a", False),
        ("[quorum]\nwitnesses = 2", "a own", True),
        ("[quorum]\nwitnesses = 2\nindependent = 2", "a own", False),
        ("[quorum]\nindependent = 1", "own", False),
        ("[quorum]\nwitnesses = 2\nindependent = 1", "a own", True),
        ('[quorum]\ngroup = "c"', "a b own", False),
        ('[quorum]\ngroup = "c"', "c", True),
        (GROUPS + '[quorum]\ngroup = "all"', "a b", False),
        (GROUPS + '[quorum]\ngroup = "all"', "a c", True),
        (GROUPS + '[quorum]\ngroup = "all"', "b own", True),
        (GROUPS + 'independent = true\n[quorum]\ngroup = "all"', "b own", False),
        (GROUPS + 'independent = true\n[quorum]\ngroup = "all"', "b c", True),
        (GROUPS + '[quorum]\ngroup = "courts"', "c own", False),
    ],
)
def test_who_is_enough(text: str, names: str, enough: bool) -> None:
    found = quorum(text)
    assert found.met_by(names.split()) is enough
    assert bool(list(found.lacking(names.split()))) is not enough


def test_what_is_independent_is_so_at_any_depth() -> None:
    inner = Group("inner", 1, ("own", "a"))
    outer = Group("outer", 1, ("inner",), independent=True)
    found = Quorum(group="outer", groups=(inner, outer), operator_run=frozenset({"own"}))
    assert not found.met_by(["own"])
    assert found.met_by(["own", "a"])


def test_what_is_missing_is_said() -> None:
    found = quorum(GROUPS + 'independent = true\n[quorum]\ngroup = "all"')
    assert list(found.lacking(["own", "a"])) == [
        "1 of 2 in the group all that the operator does not run"
    ]
    two = Quorum(witnesses=2, independent=1, operator_run=frozenset({"own"}))
    assert list(two.lacking(["own"])) == [
        "1 of 2 witnesses",
        "0 of 1 witness that the operator does not run",
    ]


HOSTILE = {
    "a group that nobody defined": ("policy.undefined", '[quorum]\ngroup = "x"'),
    "a member that nobody defined": (
        "policy.undefined",
        '[[group]]\nname = "g"\nmembers = ["x"]',
    ),
    "a group of itself": ("policy.undefined", '[[group]]\nname = "g"\nmembers = ["g"]'),
    "a group defined later": (
        "policy.undefined",
        '[[group]]\nname = "g"\nmembers = ["h"]\n[[group]]\nname = "h"\nmembers = ["a"]',
    ),
    "a member twice": ("policy.member-twice", '[[group]]\nname = "g"\nmembers = ["a", "a"]'),
    "a member of two groups": (
        "policy.member-twice",
        '[[group]]\nname = "g"\nmembers = ["a"]\n[[group]]\nname = "h"\nmembers = ["a"]',
    ),
    "a group called like a witness": (
        "policy.name-taken",
        '[[group]]\nname = "b"\nmembers = ["a"]',
    ),
    "a group without a name": ("policy.name-taken", '[[group]]\nname = ""\nmembers = ["a"]'),
    "a group of nobody": ("policy.threshold", '[[group]]\nname = "g"\nmembers = []'),
    "a threshold of 0": (
        "policy.threshold",
        '[[group]]\nname = "g"\nmembers = ["a"]\nrequired = 0',
    ),
    "a threshold above the members": (
        "policy.threshold",
        '[[group]]\nname = "g"\nmembers = ["a"]\nrequired = 2',
    ),
    "two quorums": ("policy.two-quorums", '[quorum]\nwitnesses = 1\ngroup = "a"'),
    "a misspelt member of a group": (
        "policy.unknown-member",
        '[[group]]\nname = "g"\nmembers = ["a"]\nrequires = 1',
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str) -> None:
    code, text = HOSTILE[name]
    with pytest.raises(FormatError) as refused:
        quorum(text)
    assert refused.value.reason == code


def test_keys_of_one_witness_under_two_names_are_refused() -> None:
    """Its Ed25519 and its ML-DSA-44 key would count as two."""
    keys = [
        make_key("w.example", kind) for kind in (KeyType.ED25519_COSIGNATURE, KeyType.ML_DSA_44)
    ]
    text = "".join(
        f'[[witness]]\nname = "{n}"\nvkey = "{key.verifier.encode()}"\n'
        for n, key in enumerate(keys)
    )
    with pytest.raises(FormatError) as refused:
        trust_policy.parse(f"v = 1\n{text}")
    assert refused.value.reason == "policy.same-witness"


def test_too_many_groups_are_refused() -> None:
    keys = "".join(
        f'[[group]]\nname = "g{n}"\nmembers = ["{"a" if n == 0 else f"g{n - 1}"}"]\n'
        for n in range(257)
    )
    with pytest.raises(FormatError) as refused:
        quorum(keys)
    assert refused.value.reason == "policy.too-many-groups"
