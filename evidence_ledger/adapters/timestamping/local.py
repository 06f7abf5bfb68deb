"""The ledger's own timestamp authority: RFC 3161 on this machine's clock, not independent.

FOLDER/authority.pem   its key and X.509 certificates, readable by the owner only
FOLDER/root.pem        the root that its tokens lead to, whose key was thrown away
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.keys.key_files import open_signer, save_signer
from evidence_ledger.adapters.keys.self_issued import YEARS, common_name, key_usage, serial_number
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.core import timestamp_issuance as issuance
from evidence_ledger.core.oid import LOCAL_POLICY
from evidence_ledger.core.timestamp_request import TimestampRequest, build_request, parse_request
from evidence_ledger.errors import FormatError, KeyUnreadable, NewerFormat, Undecided
from evidence_ledger.ports import Clock, Entropy, Signer

NAME: Final = "local"
ACCURACY: Final = timedelta(seconds=1)

_KEY_FILE: Final = "authority.pem"
_ROOT_FILE: Final = "root.pem"
_SERIAL_BITS: Final = 159


class LocalAuthority:
    """The TimestampAuthority port in this process, on the ledger's own clock."""

    def __init__(self, signer: Signer, clock: Clock, entropy: Entropy, name: str = NAME) -> None:
        """``signer``'s chain is the authority's X.509 certificate and then its root."""
        self._signer = signer
        self._clock = clock
        self._entropy = entropy
        self._name = name

    @property
    def name(self) -> str:
        """How reports call it."""
        return self._name

    @property
    def independent(self) -> bool:
        """False: the ledger's operator sets this clock."""
        return False

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The one DER root of its tokens."""
        return self._signer.chain[-1:]

    def ask(self, digest: bytes, nonce: int, algorithm: str = "sha256") -> bytes:
        """The DER TimeStampResp for a digest."""
        return self.answer(build_request(algorithm, digest, nonce))

    def answer(self, request: bytes) -> bytes:
        """The DER TimeStampResp to any DER TimeStampReq; a rejection where it can't be served."""
        try:
            wanted = parse_request(request)
            wanted.imprint.digest  # noqa: B018 - refuses digests that prove nothing
        except NewerFormat:
            return issuance.reject(issuance.Failure.BAD_REQUEST, "Only version 1 is known.")
        except FormatError:
            return issuance.reject(issuance.Failure.BAD_DATA_FORMAT, "The request is malformed.")
        except Undecided as error:
            return issuance.reject(issuance.Failure.BAD_ALGORITHM, error.message)
        return self._judge(wanted) or self._grant(wanted)

    def _judge(self, wanted: TimestampRequest) -> bytes | None:
        if wanted.policy not in (None, LOCAL_POLICY):
            return issuance.reject(
                issuance.Failure.UNACCEPTED_POLICY, f"The only policy here is {LOCAL_POLICY}."
            )
        if wanted.extensions is not None:
            return issuance.reject(
                issuance.Failure.UNACCEPTED_EXTENSION, "Extensions are not supported."
            )
        return None

    def _grant(self, wanted: TimestampRequest) -> bytes:
        terms = issuance.Terms(LOCAL_POLICY, self._serial(), self._clock.now(), ACCURACY)
        signer = self._signer
        prepared = issuance.prepare(
            wanted, terms, certificate=signer.chain[0], scheme=signer.scheme
        )
        return issuance.grant(prepared, signer.sign(prepared.attributes), signer.chain[:-1])

    def _serial(self) -> int:
        drawn = int.from_bytes(self._entropy.take(20), "big")
        return drawn % (1 << _SERIAL_BITS) or 1


def create_local_authority(
    folder: Path, clock: Clock, entropy: Entropy | None = None
) -> LocalAuthority:
    """A fresh authority with its own root, kept in an existing ``folder``.

    Raises OutputExists, OutputUnwritable.
    """
    source = entropy or SystemEntropy()
    signer = _generate(clock, source)
    save_signer(signer, folder / _KEY_FILE)
    root = x509.load_der_x509_certificate(signer.chain[-1])
    write_new(folder / _ROOT_FILE, root.public_bytes(serialization.Encoding.PEM))
    return LocalAuthority(signer, clock, source)


def open_local_authority(
    folder: Path, clock: Clock, entropy: Entropy | None = None
) -> LocalAuthority:
    """The authority kept in ``folder``. Raises KeyUnreadable, WrongKey."""
    path = folder / _KEY_FILE
    signer = open_signer(path)
    if len(signer.chain) != 2:
        raise KeyUnreadable(f"{path.name} does not hold the authority's root.", where=str(path))
    return LocalAuthority(signer, clock, entropy or SystemEntropy())


def _generate(clock: Clock, entropy: Entropy) -> SoftwareSigner:
    root_key = ec.generate_private_key(ec.SECP256R1())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    root = _builder("Local timestamp root", root_key.public_key(), root_key, clock, entropy)
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = root.add_extension(key_usage(authority=True), critical=True)
    leaf = _builder("Local timestamps, own clock", leaf_key.public_key(), root_key, clock, entropy)
    leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    leaf = leaf.add_extension(key_usage(), critical=True)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    leaf = leaf.add_extension(purpose, critical=True)
    signed = (one.sign(root_key, hashes.SHA256()) for one in (leaf, root))
    return SoftwareSigner(
        leaf_key, [one.public_bytes(serialization.Encoding.DER) for one in signed]
    )


def _builder(
    name: str,
    public: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePrivateKey,
    clock: Clock,
    entropy: Entropy,
) -> x509.CertificateBuilder:
    start = clock.now().replace(microsecond=0)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    return (
        x509.CertificateBuilder(
            subject_name=common_name(name),
            issuer_name=common_name("Local timestamp root"),
            public_key=public,
        )
        .serial_number(serial_number(entropy))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=round(365.25 * YEARS)))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(authority, critical=False)
    )
