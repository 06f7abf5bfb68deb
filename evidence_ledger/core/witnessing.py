"""What a witness answers to a log (C2SP tlog-witness v1.0.0, "add-checkpoint").

Pure: the request, the log's keys and the last checkpoint that was cosigned go in, a judgement
comes out. The newest text of the specification differs from v1.0.0 in one status: a tree of the
same size with another root is 409 here, 422 there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.cosigned import Admitted
from evidence_ledger.core.merkle import prefix_roots, verify_consistency
from evidence_ledger.core.misbehaviour import Prefix, Proof, SameSize
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import Signed, known_signatures
from evidence_ledger.core.verifier_key import KeyType, VerifierKey
from evidence_ledger.core.witness_request import AddCheckpoint
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


class Status(IntEnum):
    """The HTTP statuses of the specification."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_ORIGIN = 404
    CONFLICT = 409
    UNPROVED = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the log: the status, the body and its media type."""

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a request.

    ``reason`` is the stable code of a refusal; ``admitted`` is the checkpoint to be cosigned, with
    those signatures alone that were verified. ``fork`` is the proof that a known
    key signed two histories: the checkpoint that was cosigned before, and this one.
    """

    status: Status
    says: str
    reason: str | None = None
    size: int = 0
    admitted: Admitted | None = None
    fork: Proof | None = None

    def refusal(self) -> Answer:
        """The answer where nothing was cosigned.

        Where the old size is not the one that the witness has, it tells that size. Of two roots it
        does not: a client that goes on from that size would ask the same for ever.
        """
        if self.reason == "witness.old-size":
            return Answer(self.status, f"{self.size}\n".encode(), SIZE_TYPE)
        return Answer(self.status, f"{self.says}\n".encode())


@dataclass(slots=True)
class Case:
    """A request and what the witness knows of its log."""

    request: AddCheckpoint
    keys: Sequence[VerifierKey]
    latest: Checkpoint | None
    signed: tuple[Signed, ...] = ()

    @property
    def known_size(self) -> int:
        """The size of the latest cosigned checkpoint; 0 where there is none."""
        return self.latest.size if self.latest else 0


def judge(
    request: AddCheckpoint, keys: Sequence[VerifierKey], latest: Checkpoint | None
) -> Judgement:
    """The judgement on a request.

    ``keys`` are those configured for the checkpoint's origin, none where it is unknown; ``latest``
    is the last checkpoint cosigned for it. The steps, each with the status where it fails:

    1. 404: The origin is one that this witness knows.
    2. 403: A known key has signed all lines, and no known key's signature is wrong.
    3. 400: The old size is not above the new one.
    4. 409: The old size is that of the latest cosigned checkpoint.
    5. 422: An empty tree has the root of no leaves.
    6. 409: A tree of the same size has the same root.
    7. 422: The proof leads from the latest cosigned checkpoint to this one.
    """
    case = Case(request, keys, latest)
    for rule in RULES:
        try:
            rule.check(case)
        except (Refused, FormatError, Undecided) as error:
            return _refused(rule, error, case)
    return Judgement(Status.COSIGNED, "Cosigned.", admitted=_admitted(case))


@dataclass(frozen=True, slots=True)
class Rule:
    """One step: its number, the status where it fails, and the check."""

    number: int
    status: Status
    check: Callable[[Case], None]


def _check_origin(case: Case) -> None:
    if not case.keys:
        raise Undecided("witness.unknown-origin", "This witness does not know the log.")


def _check_signatures(case: Case) -> None:
    """Signed-note v1.0.0, "Signatures". ML-DSA-44 covers no extension lines (tlog-cosignature)."""
    case.signed = known_signatures(case.request.note, case.keys)
    if not case.signed:
        raise Undecided("witness.not-signed", "No key that this witness knows has signed.")
    types = {one.key.type for one in case.signed}
    if case.request.checkpoint.extensions and types == {KeyType.ML_DSA_44}:
        raise Undecided(
            "witness.unsigned-extension", "No known key has signed the extension lines."
        )


def _check_order(case: Case) -> None:
    if case.request.old_size > case.request.checkpoint.size:
        raise Refused("witness.shrinks", "The old size is above the checkpoint's.")


def _check_old_size(case: Case) -> None:
    if case.request.old_size != case.known_size:
        raise Undecided("witness.old-size", "The old size is not that of the latest checkpoint.")


def _check_empty_tree(case: Case) -> None:
    case.request.checkpoint.check_empty_root()


def _check_same_size(case: Case) -> None:
    new, old = case.request.checkpoint, case.latest
    if old is not None and new.size == old.size and new.root != old.root:
        raise Refused("witness.two-roots", "A tree of this size has another root.")


def _check_proof(case: Case) -> None:
    """An empty tree is a prefix of every tree, so no proof may stand there."""
    new, old = case.request.checkpoint, case.latest
    if old is not None and old.size:
        verify_consistency(old.size, old.root, new.size, new.root, case.request.proof)
    elif case.request.proof:
        raise Refused("witness.needless-proof", "Nothing is to be proved from an empty tree.")


RULES = (
    Rule(1, Status.UNKNOWN_ORIGIN, _check_origin),
    Rule(2, Status.NOT_SIGNED, _check_signatures),
    Rule(3, Status.MALFORMED, _check_order),
    Rule(4, Status.CONFLICT, _check_old_size),
    Rule(5, Status.UNPROVED, _check_empty_tree),
    Rule(6, Status.CONFLICT, _check_same_size),
    Rule(7, Status.UNPROVED, _check_proof),
)

_SIGNED = 2
"""The step after which a known key is known to have signed."""


def _fork(case: Case) -> Proof | None:
    """Whatever the old size says, two trees of one size that the log signed are a fork. So is a
    proof that leads to the new root, which was signed, from another old one.
    """
    new, old = case.request.checkpoint, case.latest
    if old is None or new.size < old.size or not new.size or case.request.old_size > new.size:
        return None
    if new.size == old.size:
        return SameSize() if new.root != old.root else None
    try:
        roots = prefix_roots(old.size, new.size, case.request.proof)
    except Refused:
        return None
    forked = roots[0] != old.root and roots[1] == new.root
    return Prefix(case.request.proof) if forked else None


def _refused(rule: Rule, error: EvidenceError, case: Case) -> Judgement:
    fork = _fork(case) if rule.number > _SIGNED else None
    return Judgement(rule.status, error.message, error.reason, case.known_size, fork=fork)


def _admitted(case: Case) -> Admitted:
    """The checkpoint without the signatures of keys that this witness does not know."""
    known = {(one.key.name, one.key.key_id) for one in case.signed}
    lines = case.request.note.signatures
    kept = dict.fromkeys(line for line in lines if (line.name, line.key_id) in known)
    return Admitted.of(Note(case.request.note.text, tuple(kept)))
