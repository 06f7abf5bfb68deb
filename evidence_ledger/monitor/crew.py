"""A bounded number of workers. None of them is waited for when the program ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread

NAP = 0.5
"""Seconds that are slept in one go."""

_Job = tuple[Callable[[], None], "Future[None]"]


class Crew:
    """Does jobs in the order in which they are given, at most ``workers`` at once.

    One worker alone is the caller: the job is then done on return.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = 0

    def start(self, do: Callable[[], None]) -> Future[None]:
        """Have a job done; what it raises is in its future."""
        done: Future[None] = Future()
        if self._workers < 2:
            _work((do, done))
            return done
        self._jobs.put((do, done))
        if self._threads < self._workers:
            self._threads += 1
            Thread(target=self._serve, name=f"crew-{self._threads}", daemon=True).start()
        return done

    def close(self) -> None:
        """Let the workers go, each after its present job."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
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
