"""Who may do what in a ledger: a fold over its administration entries, in order (pure).

It starts with the ledger's own operator. Acts count only when an operator's key signed them, but
for ``rotate``, by which every signer names its own next key. The register at entry N is what all
entries before N made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from evidence_ledger.core import oid
from evidence_ledger.core.administration import (
    Act,
    AddRevocationList,
    ChangeRoles,
    Enrol,
    EnrolIssuer,
    Revoke,
    RevokeIssuer,
    Rotate,
    Settings,
)
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.issuer_check import check_issuer, ended, is_authentic
from evidence_ledger.core.revocation_list import RevocationList, parse_list
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.role import Role, may_hand_in
from evidence_ledger.core.tenure import LATER, Tenures
from evidence_ledger.errors import FormatError, NotAllowed, Refused, Undecided

Roles = frozenset[Role]


@dataclass(frozen=True, slots=True)
class Rotation:
    """One key became another: SHA-256s of X.509 certificates. ``entry`` says so, where it is in the
    ledger already."""

    signer: bytes
    following: bytes
    entry: int | None


def _revoked(signer: bytes, why: str = "") -> NotAllowed:
    return NotAllowed(
        "register.revoked", f"The signer {signer.hex()[:16]}… is not enrolled any more.{why}"
    )


def _vouches(issuer: EnrolIssuer, found: Identity, lists: RevocationData, at: datetime) -> bool:
    try:
        check_issuer(found, issuer, found.revocation + lists, at)
    except (Refused, Undecided, FormatError):
        return False
    return True


class Register:
    """The register at one entry. ``operator`` is the SHA-256 of the first operator's X.509
    certificate; ``closed`` says that only those who are enrolled may hand in."""

    def __init__(self, operator: bytes) -> None:
        self.closed = False
        self._signers: dict[bytes, Roles] = {operator: frozenset({Role.OPERATOR})}
        self._revoked: set[bytes] = set()
        self._excluded: set[bytes] = set()
        self._issuers: dict[bytes, EnrolIssuer] = {}
        self._former: dict[bytes, EnrolIssuer] = {}
        self._lists: dict[tuple[bytes, bytes], RevocationList] = {}
        self._before: dict[bytes, bytes] = {}
        self._after: dict[bytes, bytes] = {}
        self._rotations: list[Rotation] = []
        self._taken: set[bytes] = set()
        self._courts = Tenures[bytes]()
        self._ended = Tenures[bytes]()
        self._vouching = Tenures[EnrolIssuer]()

    def copy(self) -> Register:
        """One that changes by itself."""
        other = Register(b"")
        other.closed = self.closed
        other._signers = dict(self._signers)
        other._revoked = set(self._revoked)
        other._excluded = set(self._excluded)
        other._issuers = dict(self._issuers)
        other._former = dict(self._former)
        other._lists = dict(self._lists)
        other._before = dict(self._before)
        other._after = dict(self._after)
        other._rotations = list(self._rotations)
        other._taken = set(self._taken)
        other._courts = self._courts.copy()
        other._ended = self._ended.copy()
        other._vouching = self._vouching.copy()
        return other

    @property
    def signers(self) -> Mapping[bytes, Roles]:
        """Those who are enrolled one by one, by the SHA-256 of their X.509 certificates."""
        return self._signers

    @property
    def revoked(self) -> frozenset[bytes]:
        """Those who may hand in nothing more."""
        return frozenset(self._revoked)

    @property
    def excluded(self) -> frozenset[bytes]:
        """Those of them who may not while the ledger is open either, as its entries say."""
        return frozenset(self._excluded)

    @property
    def issuers(self) -> Mapping[bytes, EnrolIssuer]:
        """Roots that vouch for signers, by their SHA-256."""
        return self._issuers

    @property
    def lists(self) -> Iterator[RevocationList]:
        """The revocation lists that count."""
        return iter(self._lists.values())

    def same_holder(self, one: bytes, other: bytes) -> bool:
        """Whether two X.509 certificates are of one holder, who rotated from one to the other."""
        return self._first(one) == self._first(other)

    def _first(self, signer: bytes) -> bytes:
        while signer in self._before:
            signer = self._before[signer]
        return signer

    @property
    def rotated(self) -> Mapping[bytes, bytes]:
        """The key that came after each that was rotated; both as SHA-256s of certificates."""
        return MappingProxyType(self._after)

    @property
    def rotations(self) -> Sequence[Rotation]:
        """All of them, oldest first."""
        return tuple(self._rotations)

    def last_key(self, signer: bytes) -> bytes:
        """The key that a signer has now: its own, or the last that it was rotated to."""
        while signer in self._after:
            signer = self._after[signer]
        return signer

    def roles_of(self, signer: bytes, who: Callable[[], Identity], at: datetime) -> Roles:
        """The roles of a signer at a time. Raises NotAllowed.

        ``signer`` is the SHA-256 of its X.509 certificate; ``who``, with which a CA can vouch for
        it, is called where it is not enrolled by itself. ``register.revoked`` says that an operator
        ended it, or that a CA did: by a list that is held, or as an operator revoked the CA.
        """
        self.require_unrevoked(signer)
        return self._signers.get(signer) or self._vouched(signer, who, at)

    def roles_or_none(self, signer: bytes, who: Callable[[], Identity], at: datetime) -> Roles:
        """The same; no roles for whoever is not enrolled."""
        try:
            return self.roles_of(signer, who, at)
        except NotAllowed:
            return frozenset()

    def was_court(self, signer: bytes, entry: int) -> bool:
        """Whether a signer was enrolled as a court, one by one, when an entry was made."""
        return self._courts.covers(signer, entry)

    def was_court_by_ca(
        self, signer: bytes, who: Callable[[], Identity], at: datetime, entry: int
    ) -> bool:
        """Whether a CA that was enrolled when an entry was made, at a time, vouched for a signer as
        a court, and nobody had revoked it. ``who`` is as for ``roles_of``.

        Only a list that names it ends that: what was demanded then may be held no more.
        """
        then = [one for one in self._vouching.at(entry) if Role.COURT in one.roles]
        if not then or self._ended.covers(signer, entry):
            return False
        found = who()
        lists = RevocationData(tuple(one.raw for one in self._lists.values()))
        return any(_vouches(replace(one, demanded=False), found, lists, at) for one in then)

    @property
    def had_courts_by_ca(self) -> bool:
        """Whether a CA was ever enrolled whose members are courts."""
        return any(Role.COURT in one.roles for one in self._vouching)

    def require_unrevoked(self, signer: bytes) -> None:
        """No operator revoked a signer, nor has it another key since. Raises NotAllowed."""
        if signer not in self._revoked:
            return
        last = self.last_key(signer)
        if last != signer:
            raise NotAllowed(
                "register.revoked",
                f"The signer {signer.hex()[:16]}… has another key since.",
                hint=f"Sign with that key: {last.hex()}.",
            )
        raise _revoked(signer)

    def _vouched(self, signer: bytes, who: Callable[[], Identity], at: datetime) -> Roles:
        roles, wrong = set[Role](), ""
        found = who() if self._issuers or self._former or self._lists else None
        if found is not None:
            lists = RevocationData(tuple(one.raw for one in self._lists.values()))
            for issuer in self._issuers.values():
                try:
                    check_issuer(found, issuer, found.revocation + lists, at)
                except (Refused, Undecided, FormatError) as error:
                    wrong = wrong or f" {error.message}"
                else:
                    roles |= issuer.roles
        if not roles:
            if found is not None and ended(found, self._former.values(), self._held(), at):
                raise _revoked(signer, wrong)
            name = signer.hex()[:16]
            raise NotAllowed(
                "register.not-enrolled", f"The signer {name}… is not enrolled here.{wrong}"
            )
        return frozenset(roles)

    def _held(self) -> Iterator[RevocationList]:
        """The lists that count: signed by the root of their name, where one was ever enrolled."""
        roots = [*self._issuers.values(), *self._former.values()]
        return (one for one in self._lists.values() if is_authentic(one, roots))

    def check(self, kind: str, signer: bytes, who: Callable[[], Identity], at: datetime) -> None:
        """Whether an entry of a kind may be by a signer, at its time. Raises NotAllowed.

        In an open ledger it may be by everybody who is not excluded. The rest is as for
        ``roles_of``.
        """
        if not self.closed:
            if signer in self._excluded:
                raise _revoked(signer)
            return
        roles = self.roles_of(signer, who, at)
        if not may_hand_in(kind, roles):
            told = ", ".join(sorted(roles))
            raise NotAllowed(
                "register.role", f"A statement of kind {kind} is not for the role {told}."
            )

    def check_new(
        self, kind: str, signer: bytes, who: Callable[[], Identity], at: datetime
    ) -> None:
        """Whether a signer may hand in a statement of a kind now. Raises NotAllowed.

        As ``check``, and by nobody who was revoked: older programs took statements from those while
        a ledger was open, and their entries are no defect.
        """
        self.require_unrevoked(signer)
        self.check(kind, signer, who, at)

    def is_first(self, digest: bytes) -> bool:
        """Whether the statement with this SHA-256 was never shown here before: acts count once."""
        known = digest in self._taken
        self._taken.add(digest)
        return not known

    def take(self, act: Act, signer: bytes, entry: int | None = None) -> None:
        """Do what ``signer`` said in an entry, or would say.

        Raises NotAllowed; Refused where it makes no sense here.
        """
        when = LATER if entry is None else entry
        match act:
            case Rotate(following):
                self._rotate(signer, following)
                self._note(signer, when)
                self._note(following, when)
                self._rotations.append(Rotation(signer, following, entry))
                return
            case _:
                self._require_operator(signer)
        match act:
            case Enrol(whom, roles):
                self._enrol(whom, roles)
                self._note(whom, when)
            case ChangeRoles(whom, roles):
                self._change(whom, roles)
                self._note(whom, when)
            case Revoke(whom, always):
                self._revoke(whom, always=always)
                self._note(whom, when)
            case EnrolIssuer():
                self._enrol_issuer(act, when)
            case RevokeIssuer(issuer):
                self._revoke_issuer(issuer, when)
            case AddRevocationList(data):
                self._add_list(parse_list(data))
            case Settings(closed):
                self.closed = closed

    def _note(self, signer: bytes, entry: int) -> None:
        """Keep from when to when a signer is a court, and is revoked."""
        is_court = Role.COURT in self._signers.get(signer, frozenset())
        for held, tenures in ((is_court, self._courts), (signer in self._revoked, self._ended)):
            (tenures.begin if held else tenures.end)(signer, entry)

    def _enrol_issuer(self, act: EnrolIssuer, entry: int) -> None:
        digest = hashlib.sha256(act.certificate).digest()
        before = self._issuers.get(digest)
        if before is not None:
            self._vouching.end(before, entry)
        self._issuers[digest] = act
        self._former.pop(digest, None)
        self._vouching.begin(act, entry)

    def _require_operator(self, signer: bytes) -> None:
        if Role.OPERATOR not in self._signers.get(signer, frozenset()):
            raise NotAllowed(
                "register.not-operator", "Only an operator of the ledger changes its register."
            )

    def _enrol(self, whom: bytes, roles: Roles) -> None:
        if whom in self._signers:
            raise Refused("register.enrolled", "This signer is enrolled already.")
        if whom in self._after:
            raise Refused("register.rotated", "This signer has another key since.")
        self._revoked.discard(whom)
        self._excluded.discard(whom)
        self._signers[whom] = roles

    def _change(self, whom: bytes, roles: Roles) -> None:
        self._require_enrolled(whom)
        if Role.OPERATOR not in roles:
            self._require_other_operator(whom)
        self._signers[whom] = roles

    def _require_enrolled(self, whom: bytes) -> None:
        if whom not in self._signers:
            raise Refused(
                "register.unknown",
                "This signer is not enrolled one by one.",
                hint="Enrol it first, with these roles: evidence register enrol",
            )

    def _require_other_operator(self, whom: bytes) -> None:
        others = (roles for signer, roles in self._signers.items() if signer != whom)
        if not any(Role.OPERATOR in roles for roles in others):
            raise Refused("register.last-operator", "The ledger would have no operator any more.")

    def _revoke(self, whom: bytes, *, always: bool) -> None:
        """Also of one who is not enrolled: a CA may vouch for it."""
        if whom in self._after:
            # Its roles, deposits and grants went to that key: only what is said of that counts.
            raise Refused(
                "register.rotated",
                "This signer has another key since: revoke that one.",
                hint=f"It is now {self.last_key(whom).hex()}.",
            )
        self._require_other_operator(whom)
        self._signers.pop(whom, None)
        self._revoked.add(whom)
        if always:
            self._excluded.add(whom)

    def _revoke_issuer(self, issuer: bytes, entry: int) -> None:
        if issuer not in self._issuers:
            raise Refused("register.unknown-issuer", "This root is not enrolled.")
        self._former[issuer] = self._issuers.pop(issuer)
        self._vouching.end(self._former[issuer], entry)

    def _add_list(self, fresh: RevocationList) -> None:
        point = fresh.extensions.get(oid.ISSUING_DISTRIBUTION_POINT)
        key = fresh.issuer, point.value if point else b""
        held = self._lists.get(key)
        if held is not None and fresh.this_update <= held.this_update:
            raise Refused("register.older-list", "A revocation list as new as this one is held.")
        self._lists[key] = fresh

    def _rotate(self, signer: bytes, following: bytes) -> None:
        self.require_unrevoked(signer)
        is_used = following in self._before or following in self._after
        if is_used or following in self._signers or following in self._revoked:
            raise Refused("register.key-used", "The next key is in use already, or was revoked.")
        if following == signer:
            raise Refused("register.key-used", "The next key is the present one.")
        self._before[following] = signer
        self._after[signer] = following
        self._revoked.add(signer)
        roles = self._signers.pop(signer, None)
        if roles is not None:
            self._signers[following] = roles
