"""The check of a signed statement on its way into the ledger (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from evidence_ledger.core import claim, merkle
from evidence_ledger.core.administration import Rotate
from evidence_ledger.core.chain import Admission, IndexedDigest
from evidence_ledger.core.claim import Claim, FileFact
from evidence_ledger.core.claim_form import plain_file
from evidence_ledger.core.record_tree import blinded, record_salt
from evidence_ledger.core.reference_check import check_references
from evidence_ledger.core.rotation import check_proof
from evidence_ledger.core.statement import OWN_KINDS, Statement
from evidence_ledger.core.statement_form import statement_of
from evidence_ledger.core.statement_signature import check_signature
from evidence_ledger.errors import Refused


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """What an author hands in: exact bytes of statement and CMS signature, claims in order.

    ``claims`` is empty for a private deposit, whose claims only the depositor keeps.
    """

    statement: bytes
    signature: bytes
    claims: Sequence[bytes] = ()


def admit(
    signed: SignedStatement,
    ledger: str,
    *,
    seal: bool = False,
    let_in: Callable[[SignedStatement, Statement], None] | None = None,
) -> Admission:
    """``signed`` as the ledger ``ledger`` may append it; ``seal`` for its own seals and rolls.

    ``let_in`` is called before claims are looked at, and raises where they are not to be.
    Checks the canonical form, the ledger's origin, the CAdES-B-B signature with its binding to the
    X.509 certificate that the statement names, the entries that it names, the claims against their
    root, and the proof of a next key.
    Raises FormatError, NewerFormat, Refused, Undecided.
    """
    parsed = statement_of(signed.statement)
    if parsed.ledger != ledger:
        raise Refused(
            "admission.other-ledger",
            f"The statement is for the ledger {parsed.ledger}, not for {ledger}.",
        )
    if (parsed.kind in OWN_KINDS) is not seal:
        raise Refused("admission.seal", "Only the ledger itself appends seals and rolls.")
    check_signature.check(signed.statement, signed.signature, parsed.signer)
    check_references(parsed.kind, parsed.refs)
    check_rotation(parsed)
    if signed.claims:
        if let_in is not None:
            let_in(signed, parsed)
        _check_root(parsed, signed.claims)
    digests, leaves = _filed(signed.claims)
    return Admission(
        kind=parsed.kind,
        statement=signed.statement,
        signature=signed.signature,
        signer=parsed.signer,
        after=parsed.after,
        claims=signed.claims,
        digests=digests,
        leaves=b"".join(leaves),
        refs=parsed.refs,
        mark=parsed.mark,
    )


def check_rotation(parsed: Statement) -> None:
    """The proof of a next key, where there is one. Raises Refused, FormatError, Undecided."""
    if isinstance(parsed.administration, Rotate):
        act = parsed.administration
        check_proof(act.proof, parsed.ledger, parsed.signer, act.signer)


def _filed(claims: Sequence[bytes]) -> tuple[list[IndexedDigest], list[bytes]]:
    """The digests to find the files by, and their leaves; plain claims in front at a glance.

    Raises FormatError, Refused.
    """
    digests: list[IndexedDigest] = []
    leaves: list[bytes] = []
    for position, data in enumerate(claims):
        plain = plain_file(data)
        if plain is None or plain.number != str(position):
            break
        for name, digest in plain.digests:
            digests.append(IndexedDigest(position, name, bytes.fromhex(digest)))
        leaves.append(plain.leaf)
    others = list(files_of(claims[len(leaves) :], files=len(leaves)))
    leaves += [record_leaf(claim, fact) for _, claim, fact in others]
    return [*digests, *_indexed(others)], leaves


def _check_root(parsed: Statement, claims: Sequence[bytes]) -> None:
    if len(claims) != parsed.claims.size:
        raise Refused(
            "claims.count",
            f"The statement names {parsed.claims.size} claims; {len(claims)} came with it.",
        )
    if merkle.root_hash([merkle.leaf_hash(data) for data in claims]) != parsed.claims.root:
        raise Refused("claims.root", "The claims are not those whose root the statement names.")


def indexed(claims: Sequence[bytes], *, files: int = 0) -> Iterator[IndexedDigest]:
    """The digests by which the files among ``claims`` are found. Raises FormatError, Refused.

    They stand behind ``files`` claims that are sound files.
    """
    return _indexed(files_of(claims, files=files))


def _indexed(files: Iterable[tuple[int, Claim, FileFact]]) -> Iterator[IndexedDigest]:
    for position, _, fact in files:
        for algorithm, digest in fact.fingerprint.digests.items():
            yield IndexedDigest(position, algorithm.value, digest)


def record_leaf(claim: Claim, fact: FileFact) -> bytes:
    """The leaf of a file in the record tree of its seal (32 bytes)."""
    return blinded(fact.fingerprint.sha256, record_salt(claim.salt))


def files_of(claims: Sequence[bytes], *, files: int = 0) -> Iterator[tuple[int, Claim, FileFact]]:
    """The file claims with their positions; all claims are checked, and their order.

    They stand behind ``files`` claims that are sound files. Raises FormatError, Refused.
    """
    before = 0
    seen: set[str] = set()
    for position, data in enumerate(claims, files):
        parsed = claim.parse(data)
        place = claim.order(parsed.path)
        if parsed.path in seen or _is_earlier(parsed.path, files):
            raise Refused("claims.repeated", "Two claims have the same path.", where=parsed.path)
        seen.add(parsed.path)
        if place < before or (place == 0 and parsed.path != f"file/{files}"):
            raise Refused(
                "claims.order",
                "Claims stand in the order files, matter, origin; files are numbered from 0.",
                where=parsed.path,
            )
        before = place
        if place == 0:
            files += 1
            yield position, parsed, claim.file_fact(parsed)


def _is_earlier(path: str, files: int) -> bool:
    """Whether ``path`` is that of one of the first ``files`` files."""
    section, _, number = path.partition("/")
    return (
        section == "file"
        and number.isdecimal()
        and f"{int(number)}" == number
        and int(number) < files
    )
