"""By what someone who holds an X.509 certificate finds what was signed with it, and nobody else.

A tag is SHA-256("evidence-ledger/signer-tag" ‖ 0x0A ‖ origin ‖ 0x0A ‖ u64be index ‖ SHA-256 of the
X.509 certificate), cut to 16 bytes. Two entries of one signer have tags that have nothing in
common, except for whoever knows the X.509 certificate.
"""

from __future__ import annotations

from hashlib import sha256

SIZE = 16
MOST = 1000
"""Tags in one answer of a server."""


def signer_tag(origin: str, index: int, certificate: bytes) -> bytes:
    """The tag of entry ``index``; ``certificate`` is the X.509 certificate's SHA-256."""
    head = f"evidence-ledger/signer-tag\n{origin}\n".encode()
    return sha256(head + index.to_bytes(8, "big") + certificate).digest()[:SIZE]
