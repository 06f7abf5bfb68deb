"""Trust policies as files: reading one, and writing the one for a fresh ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.core import trust_policy
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import FormatError


def read_trust(path: Path) -> TrustPolicy:
    """The trust policy in a file. Raises FileUnreadable, FormatError, NewerFormat."""
    with input_errors(path), path.open("rb") as file:
        data = file.read(trust_policy.LARGEST + 1)
    try:
        return trust_policy.parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError(
            "policy.utf8", "The trust policy is not UTF-8 text.", where=str(path)
        ) from error


def trust_text(
    *,
    name: str,
    vkeys: Sequence[str],
    signers: Sequence[bytes],
    authority: str,
    roots: Sequence[bytes],
    digests: Sequence[Algorithm],
) -> str:
    """A trust policy for one ledger: DER X.509 certificates of its signers and time's roots."""
    pinned = "\n".join(f'    "{hashlib.sha256(one).hexdigest()}",' for one in signers)
    keys = "\n".join(f'    "{one}",' for one in vkeys)
    required = ", ".join(f'"{one.value}"' for one in digests)
    return f"""# Whom to trust when a certificate of this ledger is checked.
# Hand it over by a way of its own, never together with the certificate.
v = 1
name = "{name}"

[[log]]
vkeys = [
{keys}
]

# The ledger's own clock: good to try things out, never an independent witness of time.
[[timestamp_authority]]
name = "{authority}"
independent = false
roots = '''
{"".join(_pem(one) for one in roots)}'''

[time]
authorities = 1
independent = 0

[[signer]]
certificates = [
{pinned}
]

[digests]
required = [{required}]
"""


def _pem(certificate: bytes) -> str:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()
