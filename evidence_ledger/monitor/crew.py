"""A bounded number of workers. None of them is waited for when the program ends.

Who is known to take long is served aside, one after the other by one worker, and a worker who is
held up is not counted any more: nobody who answers waits for those who don't.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Lock, Thread

NAP = 0.5
"""Seconds that are slept in one go."""

_Job = tuple[Callable[[], None], "Future[None]"]
_Jobs = SimpleQueue["_Job | None"]


class Crew:
    """Does jobs in the order in which they are given, at most ``workers`` at once, and one aside.

    One worker alone is the caller: the job is then done on return.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._jobs, self._aside = _Jobs(), _Jobs()
        self._threads = 0
        self._is_aside = False
        self._busy: set[Future[None]] = set()
        self._lock = Lock()

    def start(self, do: Callable[[], None], *, aside: bool = False) -> Future[None]:
        """Have a job done; what it raises is in its future."""
        done: Future[None] = Future()
        if self._workers < 2:
            _work((do, done))
        elif aside:
            self._aside.put((do, done))
            if not self._is_aside:
                self._is_aside = True
                self._hire(self._serve_aside)
        else:
            self._jobs.put((do, done))
            if self._threads < self._workers:
                self._threads += 1
                self._hire(self._serve)
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
        for _ in range(self._threads):
            self._jobs.put(None)
        self._aside.put(None)

    @staticmethod
    def _hire(serve: Callable[[], None]) -> None:
        Thread(target=serve, name="crew", daemon=True).start()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                self._busy.add(job[1])
            _work(job)
            with self._lock:
                if job[1] not in self._busy:
                    return
                self._busy.discard(job[1])

    def _serve_aside(self) -> None:
        while (job := self._aside.get()) is not None:
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
