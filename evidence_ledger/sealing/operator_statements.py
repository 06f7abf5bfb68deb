"""What the operator signs about the ledger itself: seals and what came late for them, renewals,
rolls.

Of a seal or a renewal it is made from stored facts alone: the same bytes each time, so that it
enters the chain once, however often that is interrupted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from evidence_ledger.core import note
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.merkle import EMPTY_ROOT
from evidence_ledger.core.statement import NONCE_SIZE, SealFact, Statement, TreePoint
from evidence_ledger.sealing.sealer import SealingParts, token_time
from evidence_ledger.stored import StoredCosignature, StoredSeal, StoredToken


class OperatorStatements:
    """Signed by ``parts.operator``. Methods raise what its signer raises."""

    def __init__(self, parts: SealingParts) -> None:
        self._parts = parts

    def of_seal(self, seal: StoredSeal) -> SignedStatement:
        """For a seal with its tokens."""
        nonce = hashlib.sha256(seal.checkpoint).digest()[:NONCE_SIZE]
        made = max(token_time(one.token) for one in seal.tokens)
        return self._seal(seal, nonce, made, seal.tokens, seal.cosignatures)

    def of_late_token(self, seal: StoredSeal, token: StoredToken) -> SignedStatement:
        """For a token that came after the seal's own entry."""
        nonce = _nonce(seal, hashlib.sha256(token.token).digest())
        return self._seal(seal, nonce, token_time(token.token), [token])

    def of_late_cosignature(self, seal: StoredSeal, late: StoredCosignature) -> SignedStatement:
        """For a cosignature that came after the seal's own entry."""
        nonce = _nonce(seal, hashlib.sha256(late.line).digest())
        return self._seal(seal, nonce, cosigned_at(late.line), cosignatures=[late])

    def of_renewal(self, seal: StoredSeal, tokens: Sequence[StoredToken]) -> SignedStatement:
        """For the tokens of a renewal; ``seal`` is the first one that it renews."""
        hashes = b"".join(hashlib.sha256(one.token).digest() for one in tokens)
        made = max(token_time(one.token) for one in tokens)
        return self._seal(seal, _nonce(seal, hashes), made, tokens)

    def of_roll(self, root: bytes, after: TreePoint) -> SignedStatement:
        """For the root over all marks up to now; ``after`` is the newest seal's point."""
        return self._parts.operator.sign(
            Statement(
                kind="roll",
                ledger=self._parts.origin,
                claims=TreePoint(0, EMPTY_ROOT),
                signer=self._parts.operator.fingerprint,
                made=self._parts.clock.now(),
                after=after,
                nonce=self._parts.entropy.take(NONCE_SIZE),
                roll=root,
            )
        )

    def _seal(
        self,
        seal: StoredSeal,
        nonce: bytes,
        made: datetime,
        tokens: Sequence[StoredToken] = (),
        cosignatures: Sequence[StoredCosignature] = (),
    ) -> SignedStatement:
        fact = SealFact(
            checkpoint=hashlib.sha256(seal.checkpoint).digest(),
            size=seal.size,
            root=seal.root,
            tokens=tuple(hashlib.sha256(token.token).digest() for token in tokens),
            cosignatures=tuple(hashlib.sha256(one.line).digest() for one in cosignatures),
        )
        return self._parts.operator.sign(
            Statement(
                kind="seal",
                ledger=self._parts.origin,
                claims=TreePoint(0, EMPTY_ROOT),
                signer=self._parts.operator.fingerprint,
                made=made,
                after=TreePoint(seal.size, seal.root),
                nonce=nonce,
                seal=fact,
            )
        )


def _nonce(seal: StoredSeal, hashes: bytes) -> bytes:
    seed = hashlib.sha256(seal.checkpoint).digest() + hashes
    return hashlib.sha256(seed).digest()[:NONCE_SIZE]


def cosigned_at(line: bytes) -> datetime:
    """The time in a cosignature's line that was verified when it was kept."""
    found = int.from_bytes(note.parse_line(line).signature[:8], "big")
    return datetime.fromtimestamp(found, UTC)
