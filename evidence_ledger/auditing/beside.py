"""The audit of what stands beside entries and seals: supplements, and timestamps over files.

No proof of a deposit leans on any of it, so what is gone goes unnoticed: timestamps over files may
be erased with their claims. What is there must be what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import claim, entry
from evidence_ledger.core.ocsp_response import parse_response
from evidence_ledger.core.revocation_list import parse_list
from evidence_ledger.core.revocation_values import sorted_data
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.core.token_place import FilePlace, Place
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, Refused, Undecided
from evidence_ledger.ports import Store
from evidence_ledger.stored import DirectToken, StoredSupplement, SupplementKind


def check_supplements(found: Sequence[StoredSupplement], where: str) -> None:
    """What was kept beside a seal or a renewal can be read. Raises Refused."""
    for one in found:
        if not _is_readable(one):
            raise Refused(
                "audit.supplement",
                "What was kept to judge the timestamps can't be read.",
                where=where,
            )


def _is_readable(one: StoredSupplement) -> bool:
    try:
        if one.kind is SupplementKind.CHAIN:
            parse_certificate(one.data)
            return True
        found = sorted_data([one.data])
        for data in found.lists:
            parse_list(data)
        for data in found.responses:
            parse_response(data)
    except Undecided:
        return True
    except EvidenceError:
        return False
    return bool(found)


@dataclass(frozen=True, slots=True)
class DirectAudit:
    """By which roots (DER, by the authority's name), as of when, and covered when by renewals."""

    roots: Mapping[str, Sequence[bytes]]
    at: datetime
    covered_at: Callable[[Place], datetime | None]


def check_direct(store: Store, audit: DirectAudit) -> int:
    """How many timestamps over files there are, all right.

    Raises Refused, FormatError, Undecided, LedgerCorrupt.
    """
    count, size = 0, store.head().size
    for index in store.direct_entries():
        if not 0 <= index < size:
            raise Refused("audit.stray-timestamp", "A timestamp over a file belongs to no entry.")
        digests = _digests(store, index)
        for one in store.direct(index):
            _check_one(one, index, digests, audit)
            count += 1
    return count


def check_erased(store: Store, renewal: int, place: FilePlace) -> None:
    """A timestamp over a file that was renewed is gone only with its entry's claims.

    Raises Refused where there never was such a file, Undecided where its claims are there.
    """
    where = f"renewal {renewal}, entry {place.entry}, file/{place.file}"
    known = 0 <= place.entry < store.head().size and place.file >= 0
    if not known or entry.parse(store.entry(place.entry).entry).kind == "seal":
        raise Refused("audit.renewal", "A renewal is of a file that never was.", where=where)
    if next(store.claims(place.entry), None) is not None:
        raise Undecided(
            "audit.direct-gone",
            "A timestamp over a file was renewed and is gone, though its claim is there.",
            where=where,
        )


def _digests(store: Store, index: int) -> dict[int, dict[str, bytes]]:
    """The digests of an entry's files, by number and name."""
    facts = [(position, claim.parse(data)) for position, data in store.claims(index)]
    files = [(position, claim.file_fact(one)) for position, one in facts if one.section == "file"]
    return {
        position: {name.value: value for name, value in fact.fingerprint.digests.items()}
        for position, fact in files
    }


def _check_one(
    one: DirectToken, index: int, digests: Mapping[int, Mapping[str, bytes]], audit: DirectAudit
) -> None:
    authority = one.token.authority
    where = f"entry {index}, file/{one.file}, {authority}"
    if one.file not in digests:
        raise Refused(
            "audit.stray-timestamp", "A timestamp over a file belongs to no claim.", where=where
        )
    try:
        proved = check_token(
            one.token.response,
            TimestampQuestion(digests[one.file]),
            TimeTrust(audit.roots.get(authority, ()), audit.at),
            audit.covered_at(FilePlace(index, one.file, authority)),
        )
    except EvidenceError as error:
        error.where = where
        raise
    if proved.token != one.token.token or (one.token.independent and proved.own_clock):
        raise Refused("audit.token", "The timestamp is not as it was stored.", where=where)
