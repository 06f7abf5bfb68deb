"""Whether an enrolled root vouches for a signer at a time, or has ended what it said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from evidence_ledger.core.administration import EnrolIssuer
from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.distinguished_name import same_name
from evidence_ledger.core.identity import Identity
from evidence_ledger.core.name_constraints import GeneralName, is_within, names_of
from evidence_ledger.core.permitted_name import permitted_base
from evidence_ledger.core.revocation import check_revocation
from evidence_ledger.core.revocation_list import RevocationList
from evidence_ledger.core.revocation_values import RevocationData
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import FormatError, Refused, Undecided


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


def ended(
    who: Identity, former: Iterable[EnrolIssuer], lists: Iterable[RevocationList], at: datetime
) -> bool:
    """Whether a list that is held names the signer, or a root that was enrolled once and is not any
    more vouched for it; after its own end, as at its end."""
    try:
        leaf = parse_certificate(who.certificate)
    except FormatError:
        return False
    if any(_is_listed(leaf, one) for one in lists):
        return True
    moment = max(leaf.not_before, min(at, leaf.not_after))
    return any(_leads_to(one, who, moment) for one in former)


def _is_listed(leaf: X509Certificate, held: RevocationList) -> bool:
    try:
        return held.status_of(leaf).revoked is not None
    except (Undecided, FormatError):
        return False


def _leads_to(issuer: EnrolIssuer, who: Identity, at: datetime) -> bool:
    try:
        validate_chain(
            who.certificate, who.others, [issuer.certificate], at, purpose=Purpose.SIGNATURE
        )
    except (Refused, Undecided, FormatError):
        return False
    return True


def is_authentic(held: RevocationList, roots: Iterable[EnrolIssuer]) -> bool:
    """Whether the root that has the list's name signed it; of an intermediate's list, whose key is
    not known, whoever took it into the register is believed."""
    named = [parse_certificate(one.certificate) for one in roots]
    named = [one for one in named if same_name(one.subject, held.issuer)]
    return not named or any(_signed(held, one) for one in named)


def _signed(held: RevocationList, root: X509Certificate) -> bool:
    try:
        return held.is_signed_by(root.public_key)
    except (Undecided, FormatError):
        return False


def _require_permitted(leaf: X509Certificate, permitted: Iterable[str]) -> None:
    bases = list(map(permitted_base, permitted))
    kinds = {base.kind for base in bases}
    names = [name for name in names_of(leaf) if name.kind in kinds]
    if not names or not all(any(_holds(base, name) for base in bases) for name in names):
        raise Refused(
            "register.name", f"The root may not vouch for {leaf.subject_text} in this ledger."
        )


def _holds(base: GeneralName, name: GeneralName) -> bool:
    return base.kind == name.kind and is_within(name, base)
