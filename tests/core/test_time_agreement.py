"""Whether clocks agree: intervals that touch may be the same moment, others are not."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.time_agreement import Reading, disagreement, reading
from tests.fakes import NOON

SECOND = timedelta(seconds=1)

spans = st.tuples(st.integers(-1000, 1000), st.integers(0, 500)).map(
    lambda pair: (timedelta(seconds=pair[0]), timedelta(seconds=pair[0] + pair[1]))
)


@given(st.lists(spans, max_size=8))
def test_a_disagreement_is_a_pair_that_has_no_moment_in_common(
    found: list[tuple[timedelta, timedelta]],
) -> None:
    readings = [Reading(str(place), *span) for place, span in enumerate(found)]
    apart = [
        later.earliest - earlier.latest
        for earlier in readings
        for later in readings
        if later.earliest > earlier.latest
    ]
    told = disagreement(readings)
    assert (told.apart if told else None) == max(apart, default=None)


def test_nobody_disagrees_with_nobody() -> None:
    assert disagreement([]) is None
    assert disagreement([Reading("one", -SECOND, SECOND)]) is None


def test_a_stated_accuracy_is_the_margin() -> None:
    one = reading("A", NOON, timedelta(milliseconds=100), NOON, NOON)
    assert (one.earliest, one.latest) == (-SECOND / 10, SECOND / 10)


def test_without_an_accuracy_a_second_is() -> None:
    one = reading("A", NOON, None, NOON, NOON)
    assert (one.earliest, one.latest) == (-SECOND, SECOND)


def test_an_accuracy_of_nothing_is_no_margin() -> None:
    one = reading("A", NOON, timedelta(0), NOON, NOON)
    assert (one.earliest, one.latest) == (timedelta(0), timedelta(0))


def test_how_long_the_answer_took_is_part_of_the_doubt() -> None:
    """Asked at noon, answered ten seconds later, and the token says five past: right."""
    one = reading("A", NOON + 5 * SECOND, timedelta(0), NOON, NOON + 10 * SECOND)
    assert (one.earliest, one.latest) == (-5 * SECOND, 5 * SECOND)


def test_a_disagreement_says_who_and_how_far() -> None:
    told = disagreement([Reading("A", 9 * SECOND, 11 * SECOND), Reading("B", -SECOND, SECOND)])
    assert told is not None
    assert told.to_json() == {"behind": "B", "ahead": "A", "seconds": 8.0}
