"""A limit of time over all of a request: names, connections, headers, redirects and body.

A client's own limits are for one step each, and a server can make as many steps as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T], break_off: Callable[[], None]) -> T:
    """What ``call`` returns, which is run in a thread of its own.

    Raises what it raises, and TimeoutError after so many seconds. The thread is then left alone;
    ``break_off`` is to close what it waits for, so that it ends.
    """
    answer: Future[T] = Future()
    Thread(target=_run, args=(call, answer), name="request", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if not answer.done():
            break_off()
        raise


def _run(call: Callable[[], T], answer: Future[T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:  # noqa: BLE001 # whoever waits is told
        answer.set_exception(error)
