"""The recipe for RFC 3161 timestamps.

1. it can be read: a granted response or a bare token, DER or BER, nothing behind it
2. it is over the digest given, and that digest's algorithm still proves something
3. it answers the nonce, where one is given
4. it was issued under the policy, where one is given
5. exactly one signer, whose X.509 certificate is embedded or given, and which the signed
   attributes bind (ESSCertID of either version); no second authority's beside it
6. content-type, message-digest and signature are right
7. the X.509 certificate is for timestamps alone, marked critical, no issuer's, and leads to a
   trusted root, all as of the token's own time
8. the token's time is not in the future
9. no X.509 certificate below the root has expired since, or something else proves that the token
   existed before that
10. none of them had been revoked, as ``revocation`` says, where data is at hand or demanded

Embedded X.509 certificates only help to find a path; none is trusted. Revocation data inside the
token is used like what is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from evidence_ledger.core import canonical
from evidence_ledger.core import timestamp_recipe as tasks
from evidence_ledger.core.algorithm import Scheme
from evidence_ledger.core.certificate_chain import Chain, validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.core.cms import SignerInfo
from evidence_ledger.core.examination import Examination
from evidence_ledger.core.oid import LOCAL_POLICY, TIME_STAMPING
from evidence_ledger.core.recipe import Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.revocation import Revocations, check_revocation
from evidence_ledger.core.revocation_values import embedded_data
from evidence_ledger.core.signer_check import check_signer
from evidence_ledger.core.signing_certificate import require_binding
from evidence_ledger.core.time_trust import TimeTrust
from evidence_ledger.core.timestamp_question import TimestampQuestion
from evidence_ledger.core.timestamp_token import TimestampInfo, TimestampToken, read_token
from evidence_ledger.core.x509_certificate import X509Certificate, parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, Refused, Undecided

SUBJECT: Final = "RFC 3161 timestamp"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TrustedTime:
    """What a token that stands proves: ``digest`` existed at ``moment`` (aware UTC).

    ``accuracy`` is None where the authority states none. ``token`` is the bare token as it came,
    ``algorithm`` the name of the digest's algorithm, ``scheme`` that of the signature.
    ``good_until`` is when the token needs other proof that it existed. ``revocation`` is None where
    no revocation data was at hand.
    """

    moment: datetime
    accuracy: timedelta | None
    serial: int
    policy: str
    authority: str
    algorithm: str
    digest: bytes
    scheme: str
    chain: Chain
    good_until: datetime
    token: bytes
    revocation: Revocations | None = None

    @property
    def own_clock(self) -> bool:
        """Whether the authority itself says that it is a ledger's own clock, not independent."""
        return self.policy == LOCAL_POLICY

    def to_json(self) -> dict[str, object]:
        """The facts of a report."""
        return {
            "time": _time_text(self.moment),
            "accuracy_seconds": self.accuracy.total_seconds() if self.accuracy else None,
            "serial": str(self.serial),
            "policy": self.policy,
            "own_clock": self.own_clock,
            "authority": self.authority,
            "digest": f"{self.algorithm}:{self.digest.hex()}",
            "signature": self.scheme,
            "authority_certificate_sha256": self.chain.leaf.sha256.hex(),
            "root_sha256": self.chain.root.sha256.hex(),
            "good_until": _time_text(self.good_until),
            "revocation": self.revocation.to_json() if self.revocation else None,
        }


def check_token(
    data: bytes,
    question: TimestampQuestion,
    trust: TimeTrust,
    covered_at: datetime | None = None,
) -> TrustedTime:
    """What a response or bare token proves.

    ``covered_at`` is a moment by which something else proves that the token existed. Raises the
    first Refused or FormatError, or else the first Undecided, of the recipe's steps.
    """
    examination = _Examination(_Case(question, trust, covered_at))
    found = examination.of(data)
    if found is None or examination.error is not None:
        raise examination.error or Undecided("timestamp.undecided", "The token proves nothing.")
    return found


def verify_timestamp(
    data: bytes,
    question: TimestampQuestion,
    trust: TimeTrust,
    covered_at: datetime | None = None,
) -> Report:
    """The report of the recipe at the head of this module; arguments as for ``check_token``.

    Steps that need what a failed step would have found are left out. Nothing is raised.
    """
    examination = _Examination(_Case(question, trust, covered_at))
    found = examination.of(data)
    if found is not None:
        examination.recipe.facts = found.to_json()
    return examination.recipe.report()


@dataclass(frozen=True, slots=True)
class _Case:
    question: TimestampQuestion
    trust: TimeTrust
    covered_at: datetime | None

    @property
    def existed(self) -> datetime:
        """A moment by which the token is known to have existed."""
        at = self.trust.at
        return min(at, self.covered_at) if self.covered_at else at


class _Examination(Examination):
    def __init__(self, case: _Case) -> None:
        super().__init__(SUBJECT)
        self._case = case

    def of(self, data: bytes) -> TrustedTime | None:
        """All steps. None where one that the result needs did not pass."""
        trust = self._case.trust
        token = self._run(tasks.READ, lambda: read_token(data))
        if token is None:
            return None
        algorithm = self._content(token.info)
        found = self._run(tasks.SIGNER, lambda: _signer(token, trust))
        if found is None:
            return None
        scheme = self._run(tasks.SIGNATURE, lambda: _scheme(token, found))
        chain = self._run(tasks.CHAIN, lambda: _chain(token, found, trust))
        self._run(tasks.FUTURE, lambda: _require_past(token.info, trust.at))
        if chain is None:
            return None
        self._run(tasks.EXPIRY, lambda: _require_fresh(chain, self._case.existed))
        revocation = self._revocation(token, chain)
        if algorithm is None or scheme is None:
            return None
        return _trusted_time(token, algorithm, scheme, chain, revocation)

    def _revocation(self, token: TimestampToken, chain: Chain) -> Revocations | None:
        trust, existed = self._case.trust, self._case.existed
        data = trust.revocation + embedded_data(token.signed)
        demanded = chain.root.raw in trust.revocation_demanded
        if not data and not demanded:
            return None

        def judged() -> tuple[Revocations, str]:
            found = check_revocation(
                chain, data, token.info.moment, existed=existed, demanded=demanded
            )
            return found, found.says

        return self.step(tasks.REVOCATION, judged)

    def _content(self, info: TimestampInfo) -> str | None:
        """What was asked against what was answered; the imprint's algorithm where it fits."""
        question = self._case.question
        self.recipe.facts["claimed_time"] = _time_text(info.moment)
        self.recipe.facts["claimed_policy"] = info.policy
        algorithm = self._run(tasks.IMPRINT, lambda: question.check_imprint(info))
        if question.nonce is not None:
            self._run(tasks.NONCE, lambda: question.check_nonce(info))
        if question.policy_oid is not None:
            self._run(tasks.POLICY, lambda: question.check_policy(info))
        return algorithm

    def _run(self, task: Task, check: Callable[[], _T]) -> _T | None:
        return self.step(task, lambda: (check(), tasks.PASSED[task.number]))


def _signer(token: TimestampToken, trust: TimeTrust) -> tuple[SignerInfo, X509Certificate]:
    """The signer and the X.509 certificate that its attributes bind."""
    signer = token.signed.only_signer()
    embedded = token.signed.x509_certificates()
    given = [parse_certificate(one) for one in (*trust.intermediates, *trust.roots)]
    certificate = _bound(signer, [one for one in embedded + given if signer.identifier.names(one)])
    _refuse_impostors(certificate, embedded)
    return signer, certificate


def _bound(signer: SignerInfo, named: list[X509Certificate]) -> X509Certificate:
    wrong: EvidenceError | None = None
    for certificate in named:
        try:
            require_binding(signer, certificate, allow_v1=True)
        except Refused as error:
            wrong = wrong or error
        else:
            return certificate
    raise wrong or Undecided(
        "timestamp.no-signer-certificate",
        "The X.509 certificate of the token's signer is not at hand.",
        hint="Give the authority's X.509 certificates as intermediates.",
    )


def _refuse_impostors(signer: X509Certificate, embedded: list[X509Certificate]) -> None:
    """The embedded set is not signed; an authority has no reason to put another one's there."""
    if any(one.raw != signer.raw and _is_like(signer, one) for one in embedded):
        raise Refused(
            "timestamp.foreign-certificate",
            "Somebody put the X.509 certificate of another authority into the token.",
        )


def _is_like(signer: X509Certificate, one: X509Certificate) -> bool:
    """Whether ``one`` could be mistaken for the signer's; what can't be read could not."""
    try:
        purposes = one.extended_key_usage or ()
        same = one.subject == signer.subject or TIME_STAMPING in purposes
        return same and not one.basic_constraints.authority
    except FormatError:
        return False


def _scheme(token: TimestampToken, found: tuple[SignerInfo, X509Certificate]) -> Scheme:
    signer, certificate = found
    return check_signer(token.signed, signer, token.content, certificate)[1]


def _chain(
    token: TimestampToken, found: tuple[SignerInfo, X509Certificate], trust: TimeTrust
) -> Chain:
    return validate_chain(
        found[1].raw,
        (*token.signed.certificates, *trust.intermediates),
        trust.roots,
        token.info.moment,
        purpose=Purpose.TIMESTAMP,
    )


def _require_past(info: TimestampInfo, at: datetime) -> None:
    if info.moment - at > (info.accuracy or timedelta(0)):
        claimed, now = canonical.moments_text(info.moment, at)
        raise Undecided(
            "timestamp.in-the-future",
            f"The token's time {claimed} is after {now}.",
            hint="Check the clock of this machine, or the time given.",
        )


def _require_fresh(chain: Chain, existed: datetime) -> None:
    end = _good_until(chain)
    if end < existed:
        raise Undecided(
            "timestamp.certificate-expired",
            f"The authority's X.509 certificates have expired on {end:%Y-%m-%d}.",
            hint="An evidence record that was renewed in time would prove that the token is older.",
        )


def _good_until(chain: Chain) -> datetime:
    """When the first below the root expires; a root is trusted by choice, not by its dates."""
    below = chain.certificates[:-1] or chain.certificates
    return min(certificate.not_after for certificate in below)


def _trusted_time(
    token: TimestampToken,
    algorithm: str,
    scheme: Scheme,
    chain: Chain,
    revocation: Revocations | None,
) -> TrustedTime:
    info, doubtful = token.info, revocation.doubtful_since if revocation else None
    return TrustedTime(
        moment=info.moment,
        accuracy=info.accuracy,
        serial=info.serial,
        policy=info.policy,
        authority=chain.leaf.subject_text,
        algorithm=algorithm,
        digest=info.imprint.value,
        scheme=scheme.name,
        chain=chain,
        good_until=min(_good_until(chain), doubtful or datetime.max.replace(tzinfo=UTC)),
        token=token.raw,
        revocation=revocation,
    )


def _time_text(moment: datetime) -> str:
    """ISO 8601 in UTC, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
