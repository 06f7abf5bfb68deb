"""The ten-year story: an authority's X.509 certificate expires, then SHA-256 weakens.

2026-11  deposit         under the authorities' first keys, which end in June 2028
2028-03  renewal         of timestamps, under their second keys, which end in 2040
2034-06  renewal         of hash trees with SHA-512, under keys that use no SHA-256
2034-12  SHA-256 is not accepted any more
2037-01  the check
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence_ledger.core.claim import FileFact
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.core.report import Report
from evidence_ledger.renewing.plan import Wish
from tests.fakes import FakeAuthority
from tests.workbench import Workbench, presented, written
from tests.x509_factory import TIMESTAMPS, Holder, issue, key_of

YEAR = timedelta(days=366)
NAMES = ("Alpha", "Beta")
LEASE = b"the lease"
SHA256_ENDS = "[algorithms]\nsha256 = 2034-12-31\n"
SHA512_ASKED = '[digests]\nrequired = ["sha256", "sha512"]\n'
END = datetime(2037, 1, 10, tzinfo=UTC)


def day(year: int, month: int) -> datetime:
    return datetime(year, month, 15, 12, tzinfo=UTC)


ROOTS = {
    name: issue(f"Root of {name}", authority=True, start=day(2020, 1), end=day(2060, 1))
    for name in NAMES
}


def keys(start: datetime, end: datetime, kind: str = "p256") -> dict[str, Holder]:
    """A key with its X.509 certificate for each authority."""
    return {
        name: issue(
            name,
            ROOTS[name],
            key=key_of(kind, start.year + place),
            purposes=TIMESTAMPS,
            start=start,
            end=end,
        )
        for place, name in enumerate(NAMES)
    }


FIRST = keys(day(2026, 1), day(2028, 6))
SECOND = keys(day(2028, 1), day(2040, 6))
THIRD = keys(day(2033, 1), day(2045, 6), "ed25519")
FOURTH = keys(day(2043, 1), day(2055, 6), "ed25519")


def lease(*algorithms: Algorithm) -> FileFact:
    digests = {one: hashlib.new(one.value, LEASE).digest() for one in algorithms}
    return FileFact(b"lease.txt", Fingerprint(digests, len(LEASE)), "text/plain")


class Story:
    """A ledger whose authorities and clock go through the years."""

    def __init__(self, folder: Path, *algorithms: Algorithm) -> None:
        self.bench = Workbench(folder)
        self.bench.authorities = [
            FakeAuthority(name, self.bench.clock, root=ROOTS[name]) for name in NAMES
        ]
        self.rotate(FIRST)
        self.bench.ledger = self.bench.reopened()
        digests = algorithms or (Algorithm.SHA256, Algorithm.SHA512)
        self.index = self.bench.deposit([lease(*digests)])
        self.bench.ledger.seal()

    def rotate(self, holders: dict[str, Holder]) -> None:
        for one in self.bench.authorities:
            one.rotate(holders[one.name])

    def at(self, moment: datetime, holders: dict[str, Holder]) -> None:
        """Time goes on to a moment at which the authorities have these keys."""
        self.bench.clock.moment = moment
        self.rotate(holders)

    def renew(self, moment: datetime, holders: dict[str, Holder], digest: str | None = None) -> int:
        """How many timestamps were renewed."""
        self.at(moment, holders)
        wish = Wish(digest=digest) if digest else Wish(moment + YEAR)
        return self.bench.renewer().renew(wish).strands

    def judged(self, moment: datetime = END, ends: str = SHA256_ENDS) -> Report:
        """The check of the certificate as it is issued then, with the file."""
        self.bench.clock.moment = moment
        data = written(self.bench.issue(self.index))
        policy = self.bench.policy(algorithms=ends, digests=SHA512_ASKED)
        return self.bench.check(data, [presented("lease.txt", LEASE)], policy)
