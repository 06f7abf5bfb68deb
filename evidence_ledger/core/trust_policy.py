"""Whom the person who checks chooses to trust. Never taken from what is being checked.

    v = 1
    name = "District court"

    [[log]]
    vkeys = ["local/3f9c+7a1b22c4+AbCd…"]        several keys of one ledger are one log

    [[witness]]
    name = "Chamber of notaries"                   several keys of one witness share its name
    vkey = "notaries.example+1f2e3d4c+BAbc…"
    operator_run = true                            whoever runs the ledger runs it too

    [[group]]
    name = "houses"
    members = ["Chamber of notaries", "courts"]    witnesses, and groups above this one
    required = 1                                   so many of them; without this, all
    independent = true                             none that the operator runs counts here

    [quorum]
    witnesses = 2                                  so many must have cosigned,
    independent = 1                                of which not run by the operator;
    group = "houses"                               or else this group or witness

    [[timestamp_authority]]
    name = "Example TSA"
    roots = '''-----BEGIN CERTIFICATE-----…'''
    independent = true
    revocation = "demanded"                        its X.509 certificates are known not to be
                                                   revoked; without this, "as-available"
    [time]
    authorities = 1                                tokens wanted from so many authorities
    independent = 0                                of which not on the ledger's own clock

    [[signer]]
    certificates = ["<SHA-256 of an X.509 certificate, hex>"]
    roots = '''-----BEGIN CERTIFICATE-----…'''
    revocation = "demanded"                        the same, for those that lead to the roots

    [rolls]
    rebuilt = true                                 a matter's completeness is only believed where
                                                   the roll was rebuilt from the public entries
    [digests]
    required = ["sha256", "sm3"]

    [algorithms]
    rsa-pkcs1-sha256 = 2031-12-31                  accepted until the end of that day

TOML 1.0. Unknown members are refused: a misspelt rule must not silently be no rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from evidence_ledger.core import algorithm, canonical, pem
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.policy_table import PolicyTable
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.core.quorum_text import read_quorum
from evidence_ledger.core.tlog_policy import LOG_TYPES, WITNESS_TYPES
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 4 * 1024 * 1024
# The TOML reader takes memory and time by the square of a dotted key's parts, which share a line.
MOST_DOTS_SQUARED = 1_000_000
_TABLES = {
    "v",
    "name",
    "log",
    "witness",
    "group",
    "quorum",
    "timestamp_authority",
    "time",
    "signer",
    "rolls",
    "digests",
    "algorithms",
}


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """One ledger or log: the verifier keys that it has signed with; their name is its origin."""

    keys: tuple[VerifierKey, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class TrustedWitness:
    """One witness; several keys of one witness share its name."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """One timestamp authority: DER roots, and whether its clock is not the ledger's own.

    ``revocation_demanded``: its X.509 certificates must be known not to be revoked.
    """

    name: str
    roots: tuple[bytes, ...]
    independent: bool
    revocation_demanded: bool = False


@dataclass(frozen=True, slots=True)
class TrustedSigners:
    """Signers by the SHA-256 of their X.509 certificate, or by DER roots.

    ``revocation_demanded`` are the roots under which X.509 certificates must be known not to be
    revoked.
    """

    certificates: frozenset[bytes] = frozenset()
    roots: tuple[bytes, ...] = ()
    revocation_demanded: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Whom somebody who checks trusts; each member is a table of the file, see the module.

    ``authorities_required`` and ``independent_required`` are numbers of timestamp authorities.
    ``end_dates`` gives the last day on which an algorithm is accepted, by its name. With
    ``rolls_rebuilt`` completeness counts only where the ledger's public entries were read.
    """

    name: str
    logs: tuple[TrustedLog, ...] = ()
    witnesses: tuple[TrustedWitness, ...] = ()
    quorum: Quorum = field(default_factory=Quorum)
    authorities: tuple[TrustedAuthority, ...] = ()
    authorities_required: int = 1
    independent_required: int = 0
    signers: TrustedSigners = field(default_factory=TrustedSigners)
    required_digests: frozenset[Algorithm] = frozenset({Algorithm.SHA256})
    end_dates: Mapping[str, date] = field(default_factory=dict)
    rolls_rebuilt: bool = False

    @property
    def revocation_demanded(self) -> frozenset[bytes]:
        """The roots of authorities whose X.509 certificates must be known not to be revoked."""
        demanding = (one for one in self.authorities if one.revocation_demanded)
        return frozenset(root for one in demanding for root in one.roots)


def parse(text: str) -> TrustPolicy:
    """The policy in a TOML text. Raises FormatError, NewerFormat."""
    if len(text) > LARGEST:
        raise FormatError("policy.too-large", f"A trust policy has at most {LARGEST} signs.")
    if sum(line.count(".") ** 2 for line in text.split("\n")) > MOST_DOTS_SQUARED:
        raise FormatError("policy.deep-key", "The trust policy has a key of too many parts.")
    try:
        document = PolicyTable(tomllib.loads(text), "policy")
    except (ValueError, RecursionError) as error:
        raise FormatError("policy.toml", f"The trust policy is not TOML: {error}.") from error
    return _policy(document)


def _policy(document: PolicyTable) -> TrustPolicy:
    version = document.whole("v", 0)
    if version > VERSION:
        raise NewerFormat("policy.newer", f"The trust policy has version {version}.")
    if version != VERSION:
        raise FormatError("policy.version", 'The trust policy must say "v = 1".')
    document.only(_TABLES)
    time = document.table("time", {"authorities", "independent"})
    logs = tuple(_log(one) for one in document.tables("log"))
    tables = document.tables("witness")
    witnesses = tuple(_witness(one) for one in tables)
    operator_run = {one.text("name") for one in tables if one.flag("operator_run", default=False)}
    check_keys(logs, witnesses)
    check_cosigners((one.name, one.key) for one in witnesses)
    return TrustPolicy(
        name=document.text("name", "unnamed"),
        logs=logs,
        witnesses=witnesses,
        quorum=read_quorum(document, {one.name for one in witnesses}, operator_run),
        authorities=tuple(_authority(one) for one in document.tables("timestamp_authority")),
        authorities_required=time.whole("authorities", 1),
        independent_required=time.whole("independent", 0),
        signers=_signers(document.tables("signer")),
        required_digests=_digests(document.table("digests", {"required"})),
        end_dates=_end_dates(document.dates("algorithms")),
        rolls_rebuilt=document.table("rolls", {"rebuilt"}).flag("rebuilt", default=False),
    )


def _log(table: PolicyTable) -> TrustedLog:
    table.only({"vkeys", "name", "url"})
    keys = tuple(VerifierKey.parse(text) for text in table.texts("vkeys"))
    if len({key.name for key in keys}) != 1:
        raise FormatError(
            "policy.log", "A log needs at least one vkey, all of one name.", where=table.where
        )
    if not LOG_TYPES.issuperset(key.type for key in keys):
        raise FormatError("policy.log-key", "Not a key for checkpoints.", where=table.where)
    return TrustedLog(keys, table.text("url") if "url" in table else None)


def _witness(table: PolicyTable) -> TrustedWitness:
    table.only({"name", "vkey", "url", "operator_run"})
    key = VerifierKey.parse(table.text("vkey"))
    if key.type not in WITNESS_TYPES:
        raise FormatError("policy.witness", "Not a key for cosignatures.", where=table.where)
    return TrustedWitness(table.text("name"), key, table.text("url") if "url" in table else None)


def check_cosigners(witnesses: Iterable[tuple[str, VerifierKey]]) -> None:
    """Keys of one cosigner's name belong to one witness: they are never counted as two.

    Raises FormatError.
    """
    names: dict[str, str] = {}
    for name, key in witnesses:
        if names.setdefault(key.name, name) != name:
            raise FormatError(
                "policy.same-witness",
                f"Keys of {key.name} stand under two names, {names[key.name]} and {name}.",
                hint="Give all keys of one witness the same name.",
            )


def check_keys(logs: Iterable[TrustedLog], witnesses: Iterable[TrustedWitness]) -> None:
    """A ledger's own key never counts as a witness, and no key counts twice. Raises FormatError."""
    names = [log.keys[0].name for log in logs]
    if len(set(names)) != len(names):
        raise FormatError("policy.same-log", "A log is named twice; list all its vkeys in one.")
    seen: set[bytes] = set()
    for key in (*(key for log in logs for key in log.keys), *(one.key for one in witnesses)):
        if key.key in seen:
            raise FormatError("policy.same-key", f"The key of {key.name} is named twice.")
        seen.add(key.key)


def _authority(table: PolicyTable) -> TrustedAuthority:
    table.only({"name", "roots", "independent", "revocation"})
    return TrustedAuthority(
        name=table.text("name"),
        roots=pem.certificates(table.text("roots").encode(), where=f"{table.where}.roots"),
        independent=table.flag("independent", default=True),
        revocation_demanded=_revocation_demanded(table),
    )


def _revocation_demanded(table: PolicyTable) -> bool:
    value = table.text("revocation", "as-available")
    if value not in ("demanded", "as-available"):
        raise FormatError(
            "policy.revocation",
            'Must be "demanded" or "as-available".',
            where=f"{table.where}.revocation",
        )
    return value == "demanded"


def _signers(tables: list[PolicyTable]) -> TrustedSigners:
    pinned: set[bytes] = set()
    roots: list[bytes] = []
    demanding: set[bytes] = set()
    for table in tables:
        table.only({"name", "certificates", "roots", "revocation"})
        where = f"{table.where}.certificates"
        pinned |= {
            canonical.hex_bytes(text, 32, where=where) for text in table.texts("certificates")
        }
        text = table.text("roots", "")
        own = pem.certificates(text.encode(), where=f"{table.where}.roots") if text else ()
        if _revocation_demanded(table):
            demanding |= _required_roots(own, table)
        roots += own
    return TrustedSigners(frozenset(pinned), tuple(roots), frozenset(demanding))


def _required_roots(roots: tuple[bytes, ...], table: PolicyTable) -> set[bytes]:
    if not roots or table.texts("certificates"):
        raise FormatError(
            "policy.revocation-without-roots",
            "Revocation can only be demanded of those who lead to a root, in a table of their own.",
            where=table.where,
        )
    return set(roots)


def _digests(table: PolicyTable) -> frozenset[Algorithm]:
    names = table.texts("required")
    unknown = sorted(set(names) - {algorithm.value for algorithm in Algorithm})
    if unknown:
        raise FormatError("policy.digest", f"The digest {unknown[0]!r} is not known.")
    return frozenset({Algorithm.SHA256, *(Algorithm(name) for name in names)})


def _known_algorithms() -> frozenset[str]:
    """All names by which signatures and digests go in checks."""
    digests = set(algorithm.DIGESTS) | {one.value for one in Algorithm}
    hashing = (algorithm.Family.RSA_PKCS1, algorithm.Family.RSA_PSS, algorithm.Family.ECDSA)
    schemes = {f"{family}-{digest}" for family in hashing for digest in algorithm.DIGESTS}
    others = {family.value for family in set(algorithm.Family) - set(hashing)}
    return frozenset(digests | schemes | others)


def _end_dates(dates: dict[str, date]) -> dict[str, date]:
    unknown = sorted(set(dates) - _known_algorithms())
    if unknown:
        raise FormatError(
            "policy.algorithm",
            f"The algorithm {unknown[0]!r} is not known.",
            where="algorithms",
            hint="Names look like sha256, ecdsa-sha256, rsa-pkcs1-sha256, ed25519.",
        )
    return dates
