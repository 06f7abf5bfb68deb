"""The outside world of a monitor, as contracts. Adapters fulfil them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evidence_ledger.core.alert import Alert
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.misbehaviour import Misbehaviour
from evidence_ledger.core.monitor_state import MonitorState


class StateKeeper(Protocol):
    """Where the state of one followed ledger is kept."""

    def load(self) -> MonitorState | None:
        """What was saved last, or None. Raises FormatError, FileUnreadable."""
        ...

    def save(self, state: MonitorState) -> None:
        """Keep it in place of what is there, durable on return. Raises OutputUnwritable."""
        ...


class AlertBook(Protocol):
    """Alerts about one ledger in order; each is told once, and not forgotten before it is told."""

    def add(self, alert: Alert) -> bool:
        """Note an alert, durable on return; False where one of its id is there already.

        Raises OutputUnwritable.
        """
        ...

    def settle(self) -> None:
        """Put what was noted behind the alerts of other ledgers. Raises OutputUnwritable."""
        ...


class EvidenceKeeper(Protocol):
    """Where evidence against operators is kept; several threads may use it."""

    def keep(self, found: Misbehaviour) -> str:
        """Keep it; the file's name. The same evidence again changes nothing.

        Raises OutputUnwritable.
        """
        ...


class Lookup(Protocol):
    """What a ledger's server answers beyond the log. Nobody vouches for it.

    Raises ServerUnreachable, ServerRefused, ServerAnswerInvalid.
    """

    def holding(self, algorithm: Algorithm, digest: bytes, start: int) -> Sequence[int]:
        """Entries from ``start`` on that hold a file's digest, in order."""
        ...

    def signer_tags(self, start: int) -> Sequence[bytes | None]:
        """The signer tags of entries from ``start`` on, at most 1,000; None where none is left."""
        ...

    def certificate(self, index: int) -> bytes | None:
        """The certificate of an entry without claims; None where it is erased."""
        ...


class WitnessView(Protocol):
    """What a witness shows to anybody."""

    @property
    def name(self) -> str:
        """How the trust policy calls it."""
        ...

    def latest(self, origin: str) -> bytes | None:
        """The newest checkpoint that it cosigned for a log, or None. Raises LogUnreachable."""
        ...
