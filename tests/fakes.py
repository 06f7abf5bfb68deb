"""A clock that is set by hand, bytes that repeat, an independent authority, ports that break."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.core import timestamp_issuance as issuance
from evidence_ledger.core.timestamp_request import build_request, parse_request
from evidence_ledger.errors import AuthorityUnreachable
from evidence_ledger.ports import Clock
from tests.x509_factory import TIMESTAMPS, Holder, Key, issue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
INDEPENDENT_POLICY = "1.3.6.1.4.1.32473.1"


class FakeClock:
    """The Clock port; stands still until it is moved."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        """On by so much, or back."""
        self.moment += timedelta(**by)


class SeededEntropy:
    """The Entropy port; the same seed gives the same bytes."""

    def __init__(self, seed: str = "seed") -> None:
        self._seed = seed
        self._taken = 0

    def take(self, count: int) -> bytes:
        self._taken += 1
        return hashlib.shake_256(f"{self._seed} {self._taken}".encode()).digest(count)


class FakeAuthority:
    """An RFC 3161 authority with a clock of its own; ``answer`` may spoil what it says."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        independent: bool = True,
        policy: str = INDEPENDENT_POLICY,
        answer: Callable[[bytes], bytes] = bytes,
        key: Key | None = None,
        root: Holder | None = None,
    ) -> None:
        self.name = name
        self.independent = independent
        self.answer = answer
        self.asked = 0
        self._clock = clock
        self._policy = policy
        self._root = root or issue(f"Root of {name}", authority=True)
        holder = issue(name, self._root, key=key, purposes=TIMESTAMPS)
        self.key = holder.key
        self._signer = signer_of(holder)

    @property
    def roots(self) -> tuple[bytes, ...]:
        return (self._root.der,)

    def rotate(self, holder: Holder) -> None:
        """From now on another key; its X.509 certificate is of the same root."""
        self._signer = signer_of(holder)

    @property
    def pem(self) -> str:
        """Its root, for trust policies."""
        return self._root.pem.decode()

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        self.asked += 1
        wanted = parse_request(build_request(algorithm, digest, nonce))
        terms = issuance.Terms(
            self._policy, self.asked, self._clock.now(), timedelta(milliseconds=100)
        )
        signer = self._signer
        prepared = issuance.prepare(
            wanted, terms, certificate=signer.chain[0], scheme=signer.scheme
        )
        signature = signer.sign(prepared.attributes)
        return self.answer(issuance.grant(prepared, signature, signer.chain))


def unreachable(_response: bytes) -> bytes:
    """An answer that never comes."""
    raise AuthorityUnreachable("No answer.")


def signer_of(holder: Holder, *issuers: Holder) -> SoftwareSigner:
    """The Signer port on a test key."""
    return SoftwareSigner(holder.key, [holder.der, *(one.der for one in issuers)])


def pem_of(der: bytes) -> str:
    """An X.509 certificate in PEM form."""
    found = x509.load_der_x509_certificate(der)
    return found.public_bytes(serialization.Encoding.PEM).decode()


class PowerCut(Exception):
    """The program is gone."""


class Breaking:
    """A port whose calls are counted with those of others, and die at one of them."""

    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        found = getattr(self._port, name)
        if not callable(found) or name not in self._fuse.watched:
            return found

        def call(*arguments: object) -> object:
            return self._fuse.run(lambda: found(*arguments))

        return call


class Fuse:
    """Dies at call number ``at`` (from 0): before it did anything, or ``late``, when all is done.

    ``calls`` counts; ``at`` of -1 never dies.
    """

    watched = frozenset(
        {
            *("append", "add_seal", "add_token", "close_seal", "remember", "ask", "recall"),
            *("add_cosignatures", "add_checkpoint"),
            *("add_renewal", "add_renewal_token", "close_renewal", "indexes_of"),
            *("add_supplements", "add_renewal_supplements", "add_direct"),
        }
    )

    def __init__(self, at: int = -1, *, late: bool = False) -> None:
        self.calls = 0
        self._lock = Lock()
        self._at = at
        self._late = late

    def run(self, call: Callable[[], object]) -> object:
        with self._lock:
            number, self.calls = self.calls, self.calls + 1
        if number == self._at and not self._late:
            raise PowerCut
        result = call()
        if number == self._at:
            raise PowerCut
        return result
