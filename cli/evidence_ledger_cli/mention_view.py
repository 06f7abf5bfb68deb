"""Later entries that name an entry, as ``evidence show`` tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evidence_ledger.core import cms
from evidence_ledger.errors import EvidenceError

if TYPE_CHECKING:
    from evidence_ledger.mentions import Mention

_VERBS = {
    "attestation": "attested by",
    "order": "ordered to be investigated by",
    "handover": "handed over by",
    "erasure": "erased by",
    "grant": "claims granted, or a grant withdrawn, by",
}


def mention_facts(one: Mention) -> dict[str, object]:
    """A mention as JSON values, with the subject of its signer's X.509 certificate."""
    return {**one.to_json(), "subject": _subject(one)}


def _subject(one: Mention) -> str | None:
    """As the certificate in the signature says, which the ledger checked when it took it in."""
    if one.signer is None or one.signature is None:
        return None
    try:
        for found in cms.parse_signed_data(one.signature).x509_certificates():
            if found.sha256 == one.signer:
                return found.subject_text
    except EvidenceError:
        return None
    return None


def mention_lines(told: object) -> Iterator[str]:
    """``attested by entry 7, 2026-11-22T10:00:00.000000Z, CN=Notary``"""
    for one in told if isinstance(told, list) else ():
        verb = _VERBS.get(one["kind"], f"{one['kind']},")
        who = one.get("subject") or one["signer"] or "whose documents were erased"
        yield f"{verb} entry {one['index']}, {one['received']}, {who}"
