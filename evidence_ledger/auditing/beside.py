"""The audit of what stands beside entries and seals: supplements, and timestamps over files.

No proof of a deposit leans on any of it, so what is gone goes unnoticed: timestamps over files may
be erased with their claims. What is there must be what it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from evidence_ledger.core import claim
from evidence_ledger.core.ocsp_response import parse_response
from evidence_ledger.core.revocation_list import parse_list
from evidence_ledger.core.revocation_values import sorted_data
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, Refused, Undecided
from evidence_ledger.ports import DirectToken, Store, StoredSupplement, SupplementKind


def check_supplements(store: Store, number: int) -> None:
    """What was kept beside a seal can be read. Raises Refused, LedgerCorrupt."""
    for one in store.supplements(number):
        if not _is_readable(one):
            raise Refused(
                "audit.supplement",
                "What was kept to judge the timestamps can't be read.",
                where=f"seal {number}",
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


def check_direct(store: Store, roots: Mapping[str, Sequence[bytes]], at: datetime) -> int:
    """How many timestamps over files there are, all right. Raises EvidenceError, LedgerCorrupt."""
    count, size = 0, store.head().size
    for index in store.direct_entries():
        if not 0 <= index < size:
            raise Refused("audit.stray-timestamp", "A timestamp over a file belongs to no entry.")
        digests = _digests(store, index)
        for one in store.direct(index):
            _check_one(one, index, digests, roots.get(one.token.authority, ()), at)
            count += 1
    return count


def _digests(store: Store, index: int) -> dict[int, dict[str, bytes]]:
    """The digests of an entry's files, by number and name."""
    facts = [(position, claim.parse(data)) for position, data in store.claims(index)]
    files = [(position, claim.file_fact(one)) for position, one in facts if one.section == "file"]
    return {
        position: {name.value: value for name, value in fact.fingerprint.digests.items()}
        for position, fact in files
    }


def _check_one(
    one: DirectToken,
    index: int,
    digests: Mapping[int, Mapping[str, bytes]],
    roots: Sequence[bytes],
    at: datetime,
) -> None:
    where = f"entry {index}, file/{one.file}, {one.token.authority}"
    if one.file not in digests:
        raise Refused(
            "audit.stray-timestamp", "A timestamp over a file belongs to no claim.", where=where
        )
    try:
        proved = check_token(one.token.response, digests[one.file], roots=roots, at=at)
    except EvidenceError as error:
        error.where = where
        raise
    if proved.token != one.token.token or (one.token.independent and proved.own_clock):
        raise Refused("audit.token", "The timestamp is not as it was stored.", where=where)
