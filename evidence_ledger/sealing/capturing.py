"""What is kept beside a seal, for the time when nobody answers any more.

The X.509 certificates of its tokens' chains, and what their issuers said of revocations when the
tokens were made. Nothing leans on it: whoever checks judges it from his own roots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence_ledger.core.certificate_chain import Chain
from evidence_ledger.core.cms import parse_signed_data
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError
from evidence_ledger.ports import RevocationSource
from evidence_ledger.stored import StoredSupplement, SupplementKind


def captured(
    chains: Sequence[Chain], source: RevocationSource | None
) -> Iterator[StoredSupplement]:
    """The X.509 certificates of chains, roots as well, and what ``source`` knows of them."""
    for chain in chains:
        certificates = [one.raw for one in chain.certificates]
        yield from (StoredSupplement(SupplementKind.CHAIN, one) for one in certificates)
        for data in source.fetch(certificates) if source is not None else ():
            yield StoredSupplement(SupplementKind.REVOCATION, data)


def carried(tokens: Sequence[bytes], signature: bytes) -> Iterator[bytes]:
    """The DER X.509 certificates inside bare tokens and a CMS signature, as far as readable."""
    for token in tokens:
        try:
            yield from _readable(read_token(token).signed.certificates)
        except EvidenceError:
            continue
    yield from _readable(parse_signed_data(signature).certificates)


def _readable(certificates: Sequence[bytes]) -> Iterator[bytes]:
    for one in certificates:
        try:
            yield parse_certificate(one).raw
        except FormatError:
            continue
