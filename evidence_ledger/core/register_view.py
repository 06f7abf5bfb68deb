"""The register as a JSON document, for programs that ask who may do what."""

from __future__ import annotations

from evidence_ledger.core.administration import EnrolIssuer
from evidence_ledger.core.canonical import Json, time_text
from evidence_ledger.core.distinguished_name import name_text
from evidence_ledger.core.register import Register
from evidence_ledger.core.x509_certificate import parse_certificate


def register_document(register: Register) -> dict[str, object]:
    """``closed``, who is enrolled, and who had another key before; SHA-256s in hex."""
    return {
        "closed": register.closed,
        "signers": [
            {"signer": signer.hex(), "roles": sorted(roles)}
            for signer, roles in sorted(register.signers.items())
        ],
        "issuers": [
            {"issuer": digest.hex(), **_issuer(issuer)}
            for digest, issuer in sorted(register.issuers.items())
        ],
        "revocation_lists": [
            {"issuer": name_text(one.issuer), "this_update": time_text(one.this_update)}
            for one in register.lists
        ],
        "revoked": [signer.hex() for signer in sorted(register.revoked)],
        "rotated": [
            {"signer": one.signer.hex(), "following": one.following.hex(), "entry": one.entry}
            for one in register.rotations
        ],
    }


def _issuer(issuer: EnrolIssuer) -> dict[str, Json]:
    return {
        "subject": parse_certificate(issuer.certificate).subject_text,
        "roles": [role.value for role in sorted(issuer.roles)],
        "permitted": list(issuer.permitted),
        "revocation": "demanded" if issuer.demanded else "optional",
    }
