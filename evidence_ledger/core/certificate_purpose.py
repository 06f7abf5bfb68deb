"""What an X.509 certificate may be used for (RFC 5280, 4.2.1.3 and 4.2.1.12; RFC 3161, 2.3)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from evidence_ledger.core import oid
from evidence_ledger.core.x509_certificate import KeyUsage, X509Certificate
from evidence_ledger.errors import Refused, Undecided

_SIGNING: Final = frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.CONTENT_COMMITMENT})


class Purpose(StrEnum):
    """What the leaf of a chain is used for."""

    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"


def require_purpose(leaf: X509Certificate, purpose: Purpose) -> None:
    """Raises Refused where ``leaf`` may not be used so. Raises FormatError."""
    if purpose is Purpose.TIMESTAMP:
        _require_timestamp(leaf)
    usage = leaf.key_usage
    if usage is not None and not usage & _SIGNING:
        raise Refused("chain.not-for-signatures", "The signer's key is not for signatures.")


def _require_timestamp(leaf: X509Certificate) -> None:
    purposes = leaf.extended_key_usage
    if purposes is None:
        raise Refused(
            "timestamp.eku-missing",
            "The authority's X.509 certificate does not say that it is for timestamps.",
        )
    if oid.TIME_STAMPING not in purposes:
        raise Refused(
            "timestamp.eku-wrong", "The authority's X.509 certificate is not for timestamps."
        )
    if len(purposes) != 1:
        raise Refused(
            "timestamp.eku-not-exclusive",
            "The authority's X.509 certificate is not for timestamps alone.",
        )
    if not leaf.extensions[oid.EXTENDED_KEY_USAGE].critical:
        raise Refused(
            "timestamp.eku-not-critical",
            "The purpose in the authority's X.509 certificate is not marked critical.",
        )
    if leaf.basic_constraints.authority:
        raise Refused(
            "timestamp.signed-by-ca",
            "The token is signed with a key that issues X.509 certificates.",
        )


def require_issuer_purpose(issuer: X509Certificate, purpose: Purpose, *, trusted: bool) -> None:
    """Raises Undecided where an intermediate is restricted to other purposes.

    RFC 5280 leaves the meaning of extKeyUsage in an issuer open; most programs take it as a limit.
    """
    purposes = issuer.extended_key_usage
    if trusted or purposes is None or purpose is not Purpose.TIMESTAMP:
        return
    if not {oid.TIME_STAMPING, oid.ANY_EXTENDED_KEY_USAGE} & set(purposes):
        raise Undecided(
            "chain.issuer-purpose", f"{issuer.subject_text} is an issuer for other purposes."
        )
