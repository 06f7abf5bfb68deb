"""How a request is signed by the key that signs statements (RFC 9421).

prepared = prepare(request, chain, scheme, made, nonce)
request's fields += prepared.fields(signer.sign(prepared.base))
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evidence_ledger.core.canonical import base64url_text
from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import (
    CERTIFICATE,
    DIGEST,
    INPUT,
    SIGNATURE,
    signature_base,
)
from evidence_ledger.core.request_algorithm import algorithm_of, from_signer
from evidence_ledger.core.structured_field import bytes_text, parse_lists, string_text


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """``base`` is what the key signs; ``algorithm`` its name; the rest are the fields to send."""

    base: bytes
    algorithm: str
    input: str
    more: tuple[tuple[str, str], ...]

    def fields(self, signature: bytes) -> list[tuple[str, str]]:
        """The header fields with a Signer's ``signature`` over ``base``."""
        value = bytes_text(from_signer(self.algorithm, signature))
        return [*self.more, (INPUT, f"sig={self.input}"), (SIGNATURE, f"sig={value}")]


def prepare(
    request: HttpRequest,
    chain: Sequence[bytes],
    scheme: str,
    made: datetime,
    nonce: bytes,
    body: bytes = b"",
) -> PreparedRequest:
    """A request that is to be signed. ``chain`` is DER, the signer's own first.

    Raises UsageError for a scheme that can't sign requests.
    """
    algorithm = algorithm_of(scheme)
    more = [(CERTIFICATE, ", ".join(map(bytes_text, chain)))]
    covered = ["@method", "@target-uri", CERTIFICATE]
    if body:
        more.append((DIGEST, f"sha-256={bytes_text(hashlib.sha256(body).digest())}"))
        covered.append(DIGEST)
    keyid = hashlib.sha256(chain[0]).hexdigest()
    text = f"({' '.join(map(string_text, covered))});created={int(made.timestamp())}"
    text += f';keyid="{keyid}";nonce="{base64url_text(nonce)}";alg="{algorithm}"'
    inner = parse_lists(f"sig={text}", what="Signature-Input")["sig"]
    whole = replace(request, fields=(*request.fields, *more))
    return PreparedRequest(signature_base(inner, whole.component), algorithm, text, tuple(more))
