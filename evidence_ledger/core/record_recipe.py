"""The steps of the recipe in ``record_verification``, as reports tell them."""

from __future__ import annotations

from typing import Final

from evidence_ledger.core.recipe import Task

FORM: Final = Task(
    "1",
    "form",
    "RFC 4998, 3.1",
    "An evidence record is a row of timestamps, each made before the one before it grew too old.",
)
OBJECTS: Final = Task(
    "2",
    "objects",
    "RFC 4998, 4.3 and 5.3 (step 1)",
    "One timestamp may cover many objects. The record shows the way from each object's digest up "
    "to the one value that was stamped.",
)
RENEWALS: Final = Task(
    "3",
    "timestamp renewals",
    "RFC 4998, 5.2 and 5.3 (step 2)",
    "A newer timestamp over an older one proves that the older one existed while its authority's "
    "X.509 certificate was still good.",
)
TREES: Final = Task(
    "4",
    "hash-tree renewals",
    "RFC 4998, 5.2 and 5.3 (step 3)",
    "When a digest grows weak, the objects themselves and all timestamps so far are stamped again "
    "with a stronger one.",
)
TIMES: Final = Task(
    "5",
    "timestamps",
    "RFC 4998, 5.3 (step 2)",
    "Every timestamp was still good when the next one was made, and the newest is good now.",
)
ALGORITHMS: Final = Task(
    "6",
    "algorithms",
    "RFC 4998, 5.3 (step 2)",
    "No digest or signature had ended when it was replaced by the next.",
)


def one_time(place: int, count: int, kind: str) -> Task:
    """The part of ``TIMES`` about one timestamp, counted from 1."""
    return Task(
        f"{TIMES.number}.{place}",
        f"timestamp {place} of {count}, {kind}",
        "RFC 3161, 2.4.2",
        "An authority signed, at a time, a value that covers all that came before.",
    )
