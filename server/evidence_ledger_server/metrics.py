"""What the server counts, for Prometheus. No figure names a person, a file or an address."""

from __future__ import annotations

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """One process's figures; with several processes, ``PROMETHEUS_MULTIPROC_DIR`` joins them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._served: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.requests = Counter(
            "evidence_requests", "Requests", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "evidence_request_seconds",
            "Seconds to the end of the answer",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.active = Gauge(
            "evidence_requests_active",
            "Requests under way",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.deposits = Counter("evidence_deposits", "Accepted deposits", registry=self.registry)
        self.batches = Histogram(
            "evidence_commit_deposits",
            "Deposits in one transaction",
            buckets=_COUNTS,
            registry=self.registry,
        )
        self.seals = Counter(
            "evidence_seal_rounds", "Rounds of sealing", ["outcome"], registry=self.registry
        )
        self.verdicts = Counter(
            "evidence_verdicts", "Answers of checks", ["verdict"], registry=self.registry
        )

    def served(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        found = self._served.get((route, status))
        if found is None:
            found = self.requests.labels(route, status), self.seconds.labels(route)
            self._served[route, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def sealed(self, succeeded: bool) -> None:
        """Count a round of sealing."""
        self.seals.labels("done" if succeeded else "failed").inc()

    def text(self) -> bytes:
        """All figures in the text format."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        joined = CollectorRegistry()
        multiprocess.MultiProcessCollector(joined)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(joined)
