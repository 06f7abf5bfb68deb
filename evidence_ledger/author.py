"""Whoever signs statements: the depositor, the notary, the ledger's operator."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evidence_ledger.core import cades, merkle
from evidence_ledger.core.administration import Act, Rotate
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.claim import MOST, SALT_SIZE, Claim, FileFact, checked_path, order
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.reference_check import check_references
from evidence_ledger.core.rotation import rotation_text
from evidence_ledger.core.statement import (
    ABOUT,
    MOST_REFS,
    NONCE_SIZE,
    Reference,
    Statement,
    TreePoint,
)
from evidence_ledger.errors import Refused, UsageError
from evidence_ledger.ports import Clock, Entropy, Signer

NO_CHECKPOINT = TreePoint(0, merkle.EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Context:
    """Where a statement belongs: the ledger's origin, the newest checkpoint seen, other entries.

    ``opening`` is that of the matter's next entry (see ``core.matter``), where it belongs to one.
    """

    ledger: str
    after: TreePoint = NO_CHECKPOINT
    refs: tuple[Reference, ...] = ()
    opening: bytes | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to sign: a deposit of files and further claims, or a statement of a
    kind in ``statement.ABOUT`` on the entries in ``refs``, with claims that say more.
    """

    kind: str
    files: Sequence[FileFact] = ()
    fields: Sequence[tuple[str, Json]] = ()
    refs: Sequence[Reference] = ()


class Author:
    """A signer with a clock and a source of salts."""

    def __init__(self, signer: Signer, clock: Clock, entropy: Entropy) -> None:
        self._signer = signer
        self._clock = clock
        self._entropy = entropy

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the author's X.509 certificate."""
        return hashlib.sha256(self._signer.chain[0]).digest()

    def deposit(
        self, files: Sequence[FileFact], fields: Iterable[tuple[str, Json]], context: Context
    ) -> SignedStatement:
        """A signed deposit of files and further claims. Raises UsageError, FormatError."""
        claims = self._claims(files, fields)
        if not claims:
            raise UsageError("A deposit holds at least one claim.")
        return self.sign(self._statement("deposit", context, claims), claims)

    @property
    def signer(self) -> Signer:
        """The key with which this author signs."""
        return self._signer

    def administration(
        self, act: Act, context: Context, fields: Iterable[tuple[str, Json]] = ()
    ) -> SignedStatement:
        """A signed act on the ledger's register, with claims that explain it."""
        claims = self._claims((), fields)
        statement = self._statement("administration", context, claims)
        return self.sign(replace(statement, administration=act), claims)

    def grant(self, given: Grant, context: Context) -> SignedStatement:
        """A signed grant of the claims of the one entry that ``context`` refers to."""
        return self.sign(replace(self._statement("grant", context, ()), grant=given))

    def rotation(self, following: Author, context: Context) -> SignedStatement:
        """A signed statement that ``following`` has this author's next key."""
        text = rotation_text(context.ledger, self.fingerprint, following.fingerprint)
        act = Rotate(following.fingerprint, following._signature(text, self._clock.now()))
        return self.administration(act, context)

    def about(
        self, kind: str, fields: Iterable[tuple[str, Json]], context: Context
    ) -> SignedStatement:
        """A signed statement of a kind in ``statement.ABOUT`` on the entries that ``context``
        refers to, with claims that say more. Raises UsageError, FormatError.
        """
        if kind not in ABOUT:
            raise UsageError(f"A statement of kind {kind} is not about other entries.")
        if len(context.refs) > MOST_REFS:
            raise UsageError(f"A statement names at most {MOST_REFS} entries.")
        try:
            check_references(kind, context.refs)
        except Refused as error:
            raise UsageError(error.message) from error
        claims = self._claims((), fields)
        return self.sign(self._statement(kind, context, claims), claims)

    def order(self, context: Context) -> SignedStatement:
        """A signed investigation order about the entries that ``context`` refers to."""
        return self.about("order", (), context)

    def write(self, draft: Draft, context: Context) -> SignedStatement:
        """``draft`` as a signed statement. Raises UsageError, FormatError."""
        if draft.kind == "deposit":
            return self.deposit(draft.files, draft.fields, context)
        return self.about(draft.kind, draft.fields, replace(context, refs=tuple(draft.refs)))

    def _statement(self, kind: str, context: Context, claims: Sequence[bytes]) -> Statement:
        root = merkle.root_hash([merkle.leaf_hash(claim) for claim in claims])
        return Statement(
            kind=kind,
            ledger=context.ledger,
            claims=TreePoint(len(claims), root),
            signer=self.fingerprint,
            made=self._clock.now(),
            after=context.after,
            nonce=self._entropy.take(NONCE_SIZE),
            refs=context.refs,
            opening=context.opening,
        )

    def sign(self, statement: Statement, claims: Sequence[bytes] = ()) -> SignedStatement:
        """``statement`` with a CAdES-B-B signature (ETSI EN 319 122-1)."""
        data = statement.encode()
        return SignedStatement(data, self._signature(data, statement.made), claims)

    def _signature(self, data: bytes, made: datetime) -> bytes:
        signer = self._signer
        attributes = cades.to_be_signed(data, made, signer.chain[0], signer.scheme)
        return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)

    def _claims(
        self, files: Sequence[FileFact], fields: Iterable[tuple[str, Json]]
    ) -> Sequence[bytes]:
        named: list[tuple[str, Json]] = [
            (f"file/{position}", fact.to_json()) for position, fact in enumerate(files)
        ]
        named += sorted(_checked(fields), key=lambda field: (order(field[0]), field[0]))
        if len(named) > MOST:
            raise UsageError(f"A statement has at most {MOST:,} claims, not {len(named):,}.")
        salts = self._entropy.take(SALT_SIZE * len(named))
        return [
            Claim(path, salts[at * SALT_SIZE : (at + 1) * SALT_SIZE], value).encode()
            for at, (path, value) in enumerate(named)
        ]


def _checked(fields: Iterable[tuple[str, Json]]) -> list[tuple[str, Json]]:
    checked = [(checked_path(path), value) for path, value in fields]
    paths = {path for path, _ in checked}
    if len(paths) != len(checked):
        twice = next(path for path, count in Counter(p for p, _ in checked).items() if count > 1)
        raise UsageError(f"The claim {twice} is given twice.")
    if any(order(path) == 0 for path in paths):
        raise UsageError("Claims under file/ come from the files themselves.")
    return checked
