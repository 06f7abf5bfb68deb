"""Work shared with others comes back in order, and nobody waits who has something to do."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.shared_work import Each, _Shares, shared_with
from evidence_ledger.errors import LedgerError, Refused

HERE = get_ident()


@contextmanager
def with_a_thread() -> Iterator[Each]:
    with ThreadPoolExecutor(1) as pool:
        yield _Shares(pool, 2)


def double(number: int) -> int:
    return 2 * number


def odd_is_wrong(number: int) -> int:
    if number % 2:
        raise Refused("test.odd", f"{number} is odd.")
    return number


@given(st.integers(0, 20))
def test_all_come_in_order(count: int) -> None:
    with with_a_thread() as each:
        assert list(each(double, range(count))) == [2 * number for number in range(count)]


def test_this_process_goes_on_while_another_is_slow() -> None:
    own: list[int] = []
    rest_is_done = Event()

    def work(number: int) -> int:
        if get_ident() != HERE:
            assert rest_is_done.wait(60)
        else:
            own.append(number)
            if number == 9:
                rest_is_done.set()
        return number

    with with_a_thread() as each:
        assert list(each(work, range(10))) == list(range(10))
    assert own == list(range(2, 10))


@pytest.mark.parametrize("first", [0, 1, 2, 5])
def test_the_first_error_is_told_whoever_found_it(first: int) -> None:
    found: list[int] = []
    with with_a_thread() as each, pytest.raises(Refused, match=f"{first | 1} is odd"):
        found.extend(each(odd_is_wrong, [2 * first, *range(first | 1, 9)]))
    assert found[:1] == [2 * first]


def test_other_errors_are_told_at_once() -> None:
    def work(number: int) -> int:
        if get_ident() == HERE:
            raise KeyboardInterrupt
        return number

    with with_a_thread() as each, pytest.raises(KeyboardInterrupt):
        list(each(work, range(9)))


def test_nobody_else_is_asked_where_one_is_enough() -> None:
    with shared_with(0) as each:
        assert each is map


def test_another_process_does_the_same() -> None:
    with shared_with(1) as each:
        found = list(each(name_of, range(4)))
    assert [number for number, _ in found] == [0, 1, 2, 3]
    assert {pid for _, pid in found[:2]} != {os.getpid()}


def test_ctrl_c_ends_another_process_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    with shared_with(1) as each:
        others = {pid for _, pid in each(name_of, range(4))} - {os.getpid()}
        for pid in others:
            os.kill(pid, signal.SIGINT)
    assert len(others) == 1
    assert capfd.readouterr().err == ""


def name_of(number: int) -> tuple[int, int]:
    return number, os.getpid()


def test_a_process_that_was_killed_is_told_in_a_sentence() -> None:
    with pytest.raises(LedgerError, match="ended from outside"), shared_with(1) as each:
        list(each(end_of, range(4)))


def end_of(number: int) -> int:
    """The end of any other process that is asked."""
    if multiprocessing.parent_process() is not None:
        os._exit(9)
    return number
