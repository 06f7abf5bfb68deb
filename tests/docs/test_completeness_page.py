"""The pages about rolls and completeness: their examples are real, and every code exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evidence_ledger.core import docket, entry, matter_card, trust_policy
from evidence_ledger.core.roll import verify_absent, verify_enrolled
from evidence_ledger_cli.program import GROUPS
from tests.conftest import ROOT
from tests.golden import vectors

PAGES = [
    ROOT / "docs" / name
    for name in ("format/roll.md", "format/completeness.md", "complete-matters.md")
]
ORIGIN = "local/3f9c1a7e"


def examples(number: int) -> list[str]:
    found = re.findall(r"^```\n(.*?)^```$", PAGES[number].read_text(), re.MULTILINE | re.DOTALL)
    return [str(one) for one in found]


def test_the_docket_is_whole_under_the_root_of_its_two_marks() -> None:
    held = docket.parse(examples(1)[0].encode())
    assert held == vectors.DOCKET
    *marks, following = held.following.marks()
    root = vectors.ROLL_OF_TWO.root()
    for mark, one in zip(marks, held.entries, strict=True):
        parsed = entry.parse(one.entry)
        assert parsed.mark == mark
        verify_enrolled(mark, parsed.index, one.roll, root)
    verify_absent(following, held.end, root)


def test_the_card_is_one_and_its_marks_are_those_of_the_docket() -> None:
    card = matter_card.parse(examples(0)[-1].rstrip("\n").encode())
    assert card.keys(ORIGIN).following(2) == vectors.DOCKET.following


def test_the_rule_for_a_trust_policy_is_one() -> None:
    text = f"v = 1\n{examples(2)[-1]}"
    assert trust_policy.parse(text).rolls_rebuilt
    assert not trust_policy.parse("v = 1\n").rolls_rebuilt


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_code_on_a_page_is_one_of_the_program(page: Path) -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / "evidence_ledger").rglob("*.py")))
    areas = "completeness|roll|docket|matter|audit|admission|merkle"
    codes = set(re.findall(rf"`((?:{areas})\.[a-z0-9-]+)`", page.read_text()))
    assert codes
    assert not {code for code in codes if f'"{code}"' not in source}


def test_every_command_on_the_page_is_one() -> None:
    named = set(re.findall(r"evidence matter ([a-z]+)", PAGES[2].read_text()))
    assert named == set(GROUPS["matter"])
