"""Whether an enrolled root vouches for a signer at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from evidence_ledger.core.administration import EnrolIssuer
from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.name_constraints import DNS, MAIL, GeneralName, is_within, names_of
from evidence_ledger.core.revocation import check_revocation
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.x509_certificate import X509Certificate
from evidence_ledger.errors import Refused

_KINDS = {"dns": DNS, "mail": MAIL}


def check_issuer(who: Identity, issuer: EnrolIssuer, data: RevocationData, at: datetime) -> None:
    """A chain leads from the signer to the root, within all name constraints, and none of it was
    revoked by then. Raises Refused, Undecided, FormatError.
    """
    chain = validate_chain(
        who.certificate, who.others, [issuer.certificate], at, purpose=Purpose.SIGNATURE
    )
    check_revocation(chain, data, at, existed=at, demanded=issuer.demanded)
    if issuer.permitted:
        _require_permitted(chain.leaf, issuer.permitted)


def _require_permitted(leaf: X509Certificate, permitted: Iterable[str]) -> None:
    bases = list(map(_base, permitted))
    kinds = {base.kind for base in bases}
    names = [name for name in names_of(leaf) if name.kind in kinds]
    if not names or not all(any(_holds(base, name) for base in bases) for name in names):
        raise Refused(
            "register.name", f"The root may not vouch for {leaf.subject_text} in this ledger."
        )


def _base(text: str) -> GeneralName:
    kind, _, name = text.partition(":")
    return GeneralName(_KINDS[kind], name.encode("ascii"))


def _holds(base: GeneralName, name: GeneralName) -> bool:
    return base.kind == name.kind and is_within(name, base)
