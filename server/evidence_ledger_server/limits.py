"""How much one client may ask for: a bucket of tokens that fills at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from evidence_ledger_server.problem import Problem

MOST_CLIENTS = 100_000


class Rate:
    """So many requests a minute for each client; a tenth of them at once.

    ``elapsed`` gives steadily growing seconds. Clients that were not seen for longest are forgotten
    first, when there are more than can be kept.
    """

    def __init__(self, per_minute: int, elapsed: Callable[[], float]) -> None:
        self._per_second = per_minute / 60
        self._most = max(1.0, per_minute / 10)
        self._elapsed = elapsed
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, count: int = 1) -> None:
        """Count requests of a client. Raises Problem (429) where it has asked for too many."""
        now = self._elapsed()
        left, seen = self._buckets.pop(client, (self._most, now))
        left = min(self._most, left + (now - seen) * self._per_second)
        # More than a whole bucket at once is let through from a full one: it could never pass else.
        taken = min(float(count), self._most)
        if left >= taken:
            left -= count
            self._keep(client, left, now)
            return
        self._keep(client, left, now)
        raise Problem(
            429,
            "http.too-many",
            "This client has asked too often.",
            "Wait as long as Retry-After says.",
            retry=1 + int((taken - left) / self._per_second),
        )

    def give_back(self, client: str, count: int = 1) -> None:
        """What was counted and cost nothing after all."""
        left, seen = self._buckets.get(client, (self._most, self._elapsed()))
        self._keep(client, min(self._most, left + count), seen)

    def _keep(self, client: str, left: float, now: float) -> None:
        self._buckets[client] = left, now
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
