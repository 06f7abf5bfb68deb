"""Files that somebody lays beside a certificate, matched with the claims in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from evidence_ledger.core import certificate
from evidence_ledger.core.claim import Claim, FileFact, file_fact, parse
from evidence_ledger.core.container import Container
from evidence_ledger.core.digest import Algorithm, Fingerprint
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided


@dataclass(frozen=True, slots=True)
class PresentedFile:
    """A file's name, as exact bytes with ``/`` between folders, and its fingerprint.

    A file of which only a digest is known has no size.
    """

    name: bytes
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Match:
    """A presented file and the positions of the claims that hold its fingerprint."""

    file: PresentedFile
    positions: tuple[int, ...]


def claimed_digests(source: BinaryIO) -> set[Algorithm]:
    """All digests that a certificate claims of files, so that none of them is believed.

    SHA-256 always. Whatever is wrong with the certificate, the check itself says it.
    """
    digests = {Algorithm.SHA256}
    try:
        for one in certificate.parse(Container(source)).claims:
            claim = parse(one.data)
            if claim.section == "file":
                digests |= set(file_fact(claim).fingerprint.digests)
    except EvidenceError:
        return digests
    return digests


def file_facts(claims: Iterable[tuple[int, Claim]]) -> dict[int, FileFact]:
    """The file claims among ``claims``, by position. Raises FormatError."""
    files = [(at, claim) for at, claim in claims if claim.section == "file"]
    for at, claim in files:
        if claim.path != f"file/{at}":
            raise FormatError(
                "claim.number", f"The claim at position {at} calls itself {claim.path}."
            )
    return {at: file_fact(claim) for at, claim in files}


def match(
    facts: Mapping[int, FileFact], files: Sequence[PresentedFile], *, hidden: bool = False
) -> list[Match]:
    """Each file with the claims that hold its fingerprint, every digest and the size equal.

    ``hidden`` says that there may be more claims than ``facts``. Raises Refused for an altered
    file, Undecided for one that was never deposited here, whose claim may be hidden, or of which
    only digests are known that no claim has.
    """
    by_digest: dict[bytes, list[int]] = {}
    for position, fact in facts.items():
        for digest in fact.fingerprint.digests.values():
            by_digest.setdefault(digest, []).append(position)
    return [_match(facts, by_digest, file, hidden=hidden) for file in files]


def _match(
    facts: Mapping[int, FileFact],
    by_digest: Mapping[bytes, list[int]],
    file: PresentedFile,
    *,
    hidden: bool,
) -> Match:
    candidates = {
        position
        for digest in file.fingerprint.digests.values()
        for position in by_digest.get(digest, ())
    }
    positions = tuple(
        sorted(at for at in candidates if _same(facts[at].fingerprint, file.fingerprint))
    )
    if positions:
        return Match(file, positions)
    raise _stranger(facts, file, hidden=hidden)


def _same(claimed: Fingerprint, found: Fingerprint) -> bool:
    shared = set(claimed.digests) & set(found.digests)
    equal = all(claimed.digests[name] == found.digests[name] for name in shared)
    sizes = {claimed.size, found.size} - {None}
    return bool(shared) and equal and len(sizes) < 2


def _stranger(
    facts: Mapping[int, FileFact], file: PresentedFile, *, hidden: bool
) -> Refused | Undecided:
    base = file.name.rpartition(b"/")[2]
    shown = file.name.decode("utf-8", "backslashreplace")
    known = set(file.fingerprint.digests)
    comparable = [one for one in facts.values() if known & set(one.fingerprint.digests)]
    if facts and not comparable:
        return _of_other_kind(shown)
    namesakes = [fact for fact in comparable if fact.name.rpartition(b"/")[2] == base]
    if namesakes and hidden:
        return _namesake(shown)
    if namesakes or (len(facts) == 1 and not hidden):
        return _altered(shown)
    return _not_shown(shown) if hidden else _not_deposited(shown)


def _of_other_kind(shown: str) -> Undecided:
    return Undecided(
        "file.other-digest",
        f"{shown} can't be compared: no file that this certificate shows has a digest of the "
        "kind that was presented.",
        hint="Present the file itself, or its SHA-256.",
    )


def _namesake(shown: str) -> Refused:
    return Refused(
        "file.altered",
        f"{shown} does not match the file of that name that this certificate shows: it was "
        "altered, or it is another one, whose claim may be hidden. Which, can't be told here.",
        hint="Look for the original file, or ask for a certificate that shows this one.",
    )


def _altered(shown: str) -> Refused:
    return Refused(
        "file.altered",
        f"{shown} was altered: its fingerprint is not the one that was deposited.",
        hint="Look for the original file; a copy that differs by one byte does not match.",
    )


def _not_shown(shown: str) -> Undecided:
    return Undecided(
        "file.not-shown",
        f"{shown} is not among the files that this certificate shows; others are hidden.",
        hint="Ask for a certificate that shows this file.",
    )


def _not_deposited(shown: str) -> Undecided:
    return Undecided(
        "file.not-deposited",
        f"{shown} is not among the files of this certificate.",
        hint="Check that the certificate and the file belong together.",
    )
