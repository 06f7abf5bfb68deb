"""Two moments in one sentence for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.canonical import moments_text

NOON = datetime(2026, 5, 31, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the strategy adds the zone


def test_a_fraction_is_told_only_where_it_matters() -> None:
    whole = "2026-05-31T12:00:00Z", "2026-05-31T12:00:01Z"
    assert moments_text(NOON, NOON + timedelta(seconds=1, microseconds=7)) == whole
    part = "2026-05-31T12:00:00.000000Z", "2026-05-31T12:00:00.999999Z"
    assert moments_text(NOON, NOON + timedelta(microseconds=999_999)) == part


@given(MOMENTS, MOMENTS | st.integers(-2_000_000, 2_000_000).map(lambda n: timedelta(0, 0, n)))
def test_different_moments_never_read_the_same(one: datetime, other: datetime | timedelta) -> None:
    other = one + other if isinstance(other, timedelta) else other
    told, too = moments_text(one, other)
    assert (told == too) == (one == other)
    assert (told < too) == (one < other)
