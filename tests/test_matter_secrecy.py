"""What outsiders see of a matter: nothing by which its entries could be told from others."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from evidence_ledger.core import entry
from evidence_ledger.core.canonical import base64url_text
from evidence_ledger.core.entry import Entry
from tests.matter_story import (
    KEYS,
    MATTER,
    PASSED,
    Story,
    shown,
    told,
)
from tests.workbench import Workbench


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return told(tmp_path_factory.mktemp("story"))


def test_nothing_public_links_two_entries_of_a_matter(story: Story) -> None:
    """In what is published, no value of one entry of a matter stands in another one of it, and
    none has another form than an entry of another matter."""
    size = story.bench.store.head().size
    parsed = [entry.parse(story.bench.store.entry(index).entry) for index in range(size)]
    marks = [one.mark for one in parsed if one.mark is not None]
    assert len(set(marks)) == len(marks)
    own = [parsed[index] for index in story.own]
    for one in own:
        for other in own:
            assert one is other or not values(one) & values(other)
    assert {form(one) for one in own} == {form(parsed[index]) for index in story.others}


def values(one: Entry) -> set[bytes | None]:
    return {one.mark, one.statement, one.signature, one.prev}


def form(one: Entry) -> bytes:
    """The entry's bytes without its hashes, index and time."""
    text = re.sub(rb"[0-9a-f]{64}", b"", one.encode())
    return re.sub(rb'"index":[0-9]+|"received":"[^"]*"', b"", text)


def test_a_certificate_tells_of_no_other_entry_of_the_matter(story: Story) -> None:
    """Nothing of another entry stands in it, but where that is beside it in the tree."""
    stored = {index: story.bench.store.entry(index).entry for index in story.own}
    for index in story.own:
        parts = replace(story.bench.issue(index), proof=b"")
        shown_of = b"".join([parts.statement, parts.signature, *(o.data for o in parts.claims)])
        for number, other in enumerate(story.own):
            own = other == index
            assert (KEYS.openings[number].hex().encode() in shown_of) is own
            statement_hash = entry.parse(stored[other]).statement
            for value in (KEYS.marks[number], statement_hash, entry.leaf_hash(stored[other])):
                assert value.hex().encode() not in shown_of


def test_a_docket_gives_no_mark_after_the_next_and_no_opening(story: Story) -> None:
    parts = story.bench.complete(MATTER)
    assert shown(parts).following.marks() == KEYS.marks[:6]
    for secret in (MATTER, KEYS.marks[6], *KEYS.openings[:8]):
        assert secret.hex().encode() not in parts.docket
        assert base64url_text(secret).encode() not in parts.docket


def test_whoever_was_shown_the_next_mark_can_not_take_it(tmp_path: Path) -> None:
    """Else a party could slip an entry of its own into the matter, of which the depositor has no
    certificate."""
    story = told(tmp_path)
    following = shown(story.bench.complete(MATTER)).following
    stranger = Workbench.signed
    for guess in (following.mark, following.link):
        story.bench.ledger.deposit([stranger(story.bench, opening=guess)])
    story.bench.ledger.seal()
    assert story.check(story.bench.complete(MATTER), story.own).verdict is PASSED
