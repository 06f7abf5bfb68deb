"""The register, asked about a body's statements before their claims are looked at (pure).

Whoever may hand nothing in costs the check of a signature, however much comes with it. It is
asked once more at the head behind which a statement is appended: what is let in here is not
allowed yet, and what is held back may be newer than this register.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

from evidence_ledger.core import cades, statement
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.identity import Identity, identity_of
from evidence_ledger.core.register import Register
from evidence_ledger.core.statement import Statement
from evidence_ledger.errors import NotAllowed, Refused


class Doorkeeper:
    """For the statements of one body, in order: what one changes counts for those after it.

    ``register`` is not changed. Statements whose SHA-256 is in ``known`` are let in: they are in
    the ledger already. ``held`` has the SHA-256s of those that were held back.
    """

    def __init__(self, register: Register, at: datetime, known: Collection[bytes] = ()) -> None:
        self._register = register
        self._at = at
        self._known = known
        self._is_own = False
        self.held: list[bytes] = []

    def let_in(self, signed: SignedStatement, parsed: Statement) -> None:
        """Of a statement whose signature is right: may its signer hand it in? Raises NotAllowed."""
        digest = sha256(signed.statement).digest()
        if digest in self._known:
            return
        try:
            self._register.check_new(parsed.kind, parsed.signer, lambda: _who(signed), self._at)
        except NotAllowed:
            self.held.append(digest)
            raise

    def note(self, admission: Admission) -> None:
        """One more is let in: an act on the register counts from here on, once."""
        if admission.kind != "administration":
            return
        parsed = statement.parse(admission.statement)
        if parsed.administration is None:
            return
        if not self._is_own:
            self._register, self._is_own = self._register.copy(), True
        # What is in the ledger already has counted; what it refuses later changes nothing here.
        if not self._register.is_first(sha256(admission.statement).digest()):
            return
        with suppress(NotAllowed, Refused):
            self._register.check_new(
                admission.kind, admission.signer, lambda: _who(admission), self._at
            )
            self._register.take(parsed.administration, admission.signer)


def _who(one: SignedStatement | Admission) -> Identity:
    return identity_of(cades.verify(one.signature, one.statement))
