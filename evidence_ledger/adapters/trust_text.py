"""The trust policy that a fresh ledger hands out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.toml_text import toml_text


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
    keys = "\n".join(f"    {toml_text(one)}," for one in vkeys)
    required = ", ".join(f'"{one.value}"' for one in digests)
    return f"""# Whom to trust when a certificate of this ledger is checked.
# Hand it over by a way of its own, never together with the certificate.
v = 1
name = {toml_text(name)}

[[log]]
vkeys = [
{keys}
]

# The ledger's own clock: good to try things out, never an independent witness of time.
{authority_text(authority, roots, independent=False)}
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


def authority_text(name: str, roots: Sequence[bytes], *, independent: bool) -> str:
    """A trust policy's table for one timestamp authority with these DER roots."""
    return f"""[[timestamp_authority]]
name = {toml_text(name)}
independent = {str(independent).lower()}
roots = '''
{"".join(pem_text(one) for one in roots)}'''
"""


def pem_text(certificate: bytes) -> str:
    """A DER X.509 certificate in PEM form."""
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()
