"""A bounded number of workers. None of them is waited for when the program ends.

Who is known to take long is served in a lane aside, one after the other by one worker of that
lane, and a worker who is held up is not counted any more: nobody who answers waits for those who
don't, and nobody who takes a while for those who take for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from enum import IntEnum
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread

NAP = 0.5
"""Seconds that are slept in one go."""


class Lane(IntEnum):
    """Who is served together. ``PROMPT`` has many workers, and each of the others has one.

    ``SLOW`` and ``LONG`` are for those who answer and take so long, ``SILENT`` for the others.
    """

    PROMPT, SLOW, LONG, SILENT = range(4)


_Job = tuple[Callable[[], None], "Future[None]"]
_Jobs = SimpleQueue["_Job | None"]


class Crew:
    """Does the jobs of a lane in the order in which they are given, at most ``workers`` of
    ``PROMPT`` at once, and one of each other lane.

    One worker alone is the caller: the job is then done on return.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._jobs = {lane: _Jobs() for lane in Lane}
        self._threads = dict.fromkeys(Lane, 0)
        self._busy: set[Future[None]] = set()
        self._lock = Lock()

    def start(self, do: Callable[[], None], lane: Lane = Lane.PROMPT) -> Future[None]:
        """Have a job done; what it raises is in its future."""
        done: Future[None] = Future()
        if self._workers < 2:
            _work((do, done))
            return done
        self._jobs[lane].put((do, done))
        most = self._workers if lane is Lane.PROMPT else 1
        if self._threads[lane] < most:
            self._threads[lane] += 1
            self._hire(self._serve if lane is Lane.PROMPT else partial(self._serve_aside, lane))
        return done

    def let_go(self, job: Future[None]) -> None:
        """Whoever does this job leaves when it is done, and another one has the place at once.

        Nothing happens where it is done, was not begun, or is done aside.
        """
        with self._lock:
            if job not in self._busy:
                return
            self._busy.discard(job)
        self._hire(self._serve)

    def close(self) -> None:
        """Let the workers go, each after its present job."""
        for lane, threads in self._threads.items():
            for _ in range(threads):
                self._jobs[lane].put(None)

    @staticmethod
    def _hire(serve: Callable[[], None]) -> None:
        Thread(target=serve, name="crew", daemon=True).start()

    def _serve(self) -> None:
        while (job := self._jobs[Lane.PROMPT].get()) is not None:
            with self._lock:
                self._busy.add(job[1])
            _work(job)
            with self._lock:
                if job[1] not in self._busy:
                    return
                self._busy.discard(job[1])

    def _serve_aside(self, lane: Lane) -> None:
        while (job := self._jobs[lane].get()) is not None:
            _work(job)


def wait_for(jobs: Sequence[Future[None]], patience: float | None) -> None:
    """Wait until all are done, at most ``patience`` seconds, but never long at a time.

    A signal that comes in the moment in which a thread falls asleep does not wake it: Ctrl-C
    would wait for a ledger's answer.
    """
    left = patience
    while left is None or left > 0:
        step = NAP if left is None else min(NAP, left)
        if not wait(jobs, step).not_done:
            return
        left = None if left is None else left - step


def _work(job: _Job) -> None:
    do, done = job
    try:
        do()
    except Exception as error:  # noqa: BLE001 # whoever waits is told
        done.set_exception(error)
    else:
        done.set_result(None)
