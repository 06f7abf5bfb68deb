"""A digest as it is written on the command line: ``sha256:HEX``."""

from __future__ import annotations

from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.errors import UsageError


def named_digest(text: str) -> tuple[str, bytes]:
    """The algorithm's hashlib name and the digest. Raises UsageError."""
    name, _, digits = text.partition(":")
    known = DIGESTS.get(name.lower().replace("-", "_"))
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if known is None or len(value) != known.size:
        raise UsageError(
            f"{text[:80]!r} is no digest.", hint=f"Write NAME:HEX with one of {', '.join(DIGESTS)}."
        )
    return known.name, value
