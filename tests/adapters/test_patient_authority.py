"""An authority asked politely: its pace, further tries, Retry-After, the policy; over real HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.adapters.timestamping.pace import LONGEST, Pace
from evidence_ledger.adapters.timestamping.patient import Manners, PatientAuthority
from evidence_ledger.adapters.timestamping.retry_after import seconds_in
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import (
    AuthorityAnswerInvalid,
    AuthorityBusy,
    AuthorityRefused,
    AuthorityUnreachable,
)
from tests import authority_server as replies
from tests.asked import asked
from tests.authority_server import AuthorityServer
from tests.fakes import FakeClock, SeededEntropy

DIGEST = hashlib.sha256(b"x").digest()
URL = "http://tsa.example/tsr"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[AuthorityServer]:
    with AuthorityServer(clock) as running:
        yield running


class Sleeper:
    """Moves the clock instead of sleeping."""

    def __init__(self, clock: FakeClock) -> None:
        self.slept: list[float] = []
        self._clock = clock

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._clock.move(seconds=seconds)


def patient(
    server: AuthorityServer,
    folder: Path,
    clock: FakeClock,
    *,
    interval: int = 0,
    longest: float = 30.0,
    policy: str | None = None,
    patience: float = 5.0,
) -> tuple[PatientAuthority, Sleeper]:
    sleeper = Sleeper(clock)
    pace = Pace(folder, server.url, timedelta(seconds=interval), clock)
    manners = Manners(sleeper, SeededEntropy("jitter"), pace, longest=longest)
    http = HttpAuthority("Example", server.url, server.roots, policy=policy, patience=patience)
    return PatientAuthority(http, manners, policy), sleeper


def test_the_token_stands(server: AuthorityServer, tmp_path: Path, clock: FakeClock) -> None:
    authority, sleeper = patient(server, tmp_path, clock)
    answer = authority.ask(DIGEST, 2**62 + 1)
    found = check_token(
        answer, *asked({"sha256": DIGEST}, roots=authority.roots, nonce=2**62 + 1, at=clock.now())
    )
    assert found.moment == clock.now()
    assert sleeper.slept == []
    assert server.requests[0].certificate_wanted
    assert (authority.name, authority.independent) == ("Example", True)


def test_after_a_503_it_is_asked_again(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock
) -> None:
    server.script = [replies.status(503), replies.status(500), replies.right]
    authority, sleeper = patient(server, tmp_path, clock)
    assert authority.ask(DIGEST, 5)
    first, second = sleeper.slept
    assert 0.5 <= first < 1.5
    assert 1.0 <= second < 3.0


def test_it_is_not_asked_for_ever(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock
) -> None:
    server.script = [replies.status(503)]
    authority, _ = patient(server, tmp_path, clock)
    with pytest.raises(AuthorityBusy, match="503"):
        authority.ask(DIGEST, 5)
    assert len(server.requests) == 3


def test_retry_after_is_honoured(server: AuthorityServer, tmp_path: Path, clock: FakeClock) -> None:
    server.script = [replies.status(429, "7"), replies.right]
    authority, sleeper = patient(server, tmp_path, clock)
    assert authority.ask(DIGEST, 5)
    assert sleeper.slept == [7.0]


@pytest.mark.parametrize("text", ["31", "86400", "999999999"])
def test_a_retry_after_beyond_patience_is_the_end(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock, text: str
) -> None:
    server.script = [replies.status(429, text), replies.right]
    authority, sleeper = patient(server, tmp_path, clock)
    with pytest.raises(AuthorityBusy) as caught:
        authority.ask(DIGEST, 5)
    assert caught.value.wait == float(text)
    assert (sleeper.slept, len(server.requests)) == ([], 1)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (replies.page, AuthorityAnswerInvalid),
        (replies.oversized, AuthorityAnswerInvalid),
        (replies.status(204), AuthorityAnswerInvalid),
        (replies.status(403), AuthorityRefused),
        (replies.status(302), AuthorityAnswerInvalid),
    ],
)
def test_what_would_not_change_is_not_tried_again(
    server: AuthorityServer,
    tmp_path: Path,
    clock: FakeClock,
    reply: replies.Reply,
    error: type[Exception],
) -> None:
    server.script = [reply, replies.right]
    authority, sleeper = patient(server, tmp_path, clock)
    with pytest.raises(error):
        authority.ask(DIGEST, 5)
    assert (sleeper.slept, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("reply", [replies.hang, replies.dripping])
def test_one_that_hangs_or_drips_is_given_up(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock, reply: replies.Reply
) -> None:
    server.script = [reply]
    authority, _ = patient(server, tmp_path, clock, longest=0.0, patience=0.2)
    with pytest.raises(AuthorityUnreachable):
        authority.ask(DIGEST, 5)


def test_a_port_where_nobody_listens_is_tried_three_times(tmp_path: Path, clock: FakeClock) -> None:
    with AuthorityServer(clock) as gone:
        pass
    authority, sleeper = patient(gone, tmp_path, clock)
    with pytest.raises(AuthorityUnreachable):
        authority.ask(DIGEST, 5)
    assert len(sleeper.slept) == 2


def test_the_policy_is_asked_for_and_must_be_answered(
    clock: FakeClock, tmp_path: Path, server: AuthorityServer
) -> None:
    authority, _ = patient(server, tmp_path, clock, policy="1.2.3.4")
    assert authority.ask(DIGEST, 5)
    assert server.requests[0].policy == "1.2.3.4"
    inner = HttpAuthority("Example", server.url, server.roots)
    pace = Pace(tmp_path, server.url, timedelta(0), clock)
    strict = PatientAuthority(inner, Manners(Sleeper(clock), SeededEntropy(), pace), "1.2.3.4")
    with pytest.raises(AuthorityAnswerInvalid, match="under the policy"):
        strict.ask(DIGEST, 5)


# --- pace


def test_requests_keep_their_distance_across_processes(tmp_path: Path, clock: FakeClock) -> None:
    """Each Pace reads what the others have left: as processes do."""
    turns = [
        Pace(tmp_path, URL, timedelta(seconds=15), clock).take(timedelta(hours=1)) for _ in range(3)
    ]
    assert turns == [timedelta(0), timedelta(seconds=15), timedelta(seconds=30)]
    clock.move(seconds=50)
    last = Pace(tmp_path, URL, timedelta(seconds=15), clock).take(timedelta(0))
    assert last == timedelta(0)


def test_who_would_wait_too_long_takes_no_turn(tmp_path: Path, clock: FakeClock) -> None:
    pace = Pace(tmp_path, URL, timedelta(seconds=15), clock)
    assert pace.take(timedelta(0)) == timedelta(0)
    assert pace.take(timedelta(seconds=14)) is None
    assert pace.take(timedelta(seconds=15)) == timedelta(seconds=15)


def test_authorities_have_turns_of_their_own(tmp_path: Path, clock: FakeClock) -> None:
    for url in (URL, "http://other.example/"):
        turn = Pace(tmp_path, url, timedelta(seconds=15), clock).take(timedelta(0))
        assert turn == timedelta(0)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"soon", b"9999-12-31T23:59:59+00:00"])
def test_what_is_damaged_or_absurd_holds_up_nobody(
    tmp_path: Path, clock: FakeClock, data: bytes
) -> None:
    pace = Pace(tmp_path, URL, timedelta(seconds=15), clock)
    assert pace.take(timedelta(0)) == timedelta(0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(data)
    assert pace.take(timedelta(0)) == timedelta(0)
    assert pace.take(LONGEST) == timedelta(seconds=15)


def test_without_an_interval_nothing_is_written(tmp_path: Path, clock: FakeClock) -> None:
    assert Pace(tmp_path, URL, timedelta(0), clock).take(timedelta(0)) == timedelta(0)
    assert list(tmp_path.iterdir()) == []


def test_a_patient_authority_waits_for_its_turn(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock
) -> None:
    authority, sleeper = patient(server, tmp_path, clock, interval=15)
    authority.ask(DIGEST, 5)
    authority.ask(DIGEST, 6)
    assert sleeper.slept == [15.0]


def test_one_whose_turn_is_too_far_away_is_busy(
    server: AuthorityServer, tmp_path: Path, clock: FakeClock
) -> None:
    authority, _ = patient(server, tmp_path, clock, interval=15, longest=10.0)
    authority.ask(DIGEST, 5)
    with pytest.raises(AuthorityBusy, match="so soon"):
        authority.ask(DIGEST, 6)
    assert len(server.requests) == 1


# --- Retry-After


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": " 120 "}, 120.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "9999999999"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT"}, None),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 12:00:30 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            30.0,
        ),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT",
                "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
            },
            0.0,
        ),
        (
            {"Retry-After": "Sun, 22 Nov 2026 12:00:30", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"},
            None,
        ),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_in(headers) == seconds
