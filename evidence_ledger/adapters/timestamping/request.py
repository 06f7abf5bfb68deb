"""Requests to foreign authorities, built with rfc3161ng.

``digest=`` is the only path used: ``data=`` can put a SHA-1 digest under another algorithm's name.
"""

from __future__ import annotations

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.timestamp_request import build_request
from evidence_ledger.errors import UsageError


def make_request(digest_name: str, digest: bytes, nonce: int, policy: str | None = None) -> bytes:
    """The DER TimeStampReq for a token with its X.509 certificates, under ``policy`` (an OID).

    Raises UsageError.
    """
    known = DIGESTS.get(digest_name)
    if known is None or known.size != len(digest):
        raise UsageError(f"This is not a {digest_name} digest that timestamps can be over.")
    import rfc3161ng  # 0.3 s, which only those pay who ask an authority

    if not hasattr(rfc3161ng, f"id_{digest_name}"):
        return build_request(digest_name, digest, nonce, policy)
    request = rfc3161ng.make_timestamp_request(
        digest=digest,
        hashname=digest_name,
        include_tsa_certificate=True,
        nonce=nonce,
        tsa_policy_id=policy,
    )
    return bytes(rfc3161ng.encode_timestamp_request(request))
