"""OCSP requests about one X.509 certificate, unsigned and without a nonce (RFC 6960, 4.1).

Responders prepare answers in advance and answer without a nonce (RFC 5019), and the time in the
answer is what matters here.
"""

from __future__ import annotations

import hashlib

from evidence_ledger.core import der_writer as write
from evidence_ledger.core.ocsp_response import key_bits
from evidence_ledger.core.x509_certificate import X509Certificate

_SHA1 = "1.3.14.3.2.26"


def build_request(certificate: X509Certificate, issuer: X509Certificate) -> bytes:
    """The DER OCSPRequest. Every responder knows names by SHA-1, which protects nothing here.

    Raises FormatError where the issuer's key can't be read.
    """
    name = write.sequence(
        write.sequence(write.oid(_SHA1), write.null()),
        write.octet_string(_sha1(certificate.issuer)),
        write.octet_string(_sha1(key_bits(issuer))),
        write.integer(certificate.serial),
    )
    return write.sequence(write.sequence(write.sequence(write.sequence(name))))


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
