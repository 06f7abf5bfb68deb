"""The ledger's own timestamp authority, judged by us and by other people's programs."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.adapters.clock import SystemEntropy
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.adapters.timestamping.local import (
    LocalAuthority,
    create_local_authority,
    open_local_authority,
)
from evidence_ledger.adapters.timestamping.request import make_request
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.algorithm import DIGESTS
from evidence_ledger.core.oid import LOCAL_POLICY
from evidence_ledger.core.timestamp_request import (
    MessageImprint,
    TimestampRequest,
    build_request,
    parse_request,
)
from evidence_ledger.core.timestamp_token import parse_response, read_token
from evidence_ledger.core.timestamp_verification import check_token
from evidence_ledger.errors import FormatError, KeyUnreadable, OutputExists, UsageError
from tests.asked import asked
from tests.x509_factory import NOW, TIMESTAMPS, issue, key_of

DATA = b"the evidence"
DIGEST = hashlib.sha256(DATA).digest()
NONCE = (1 << 62) + 5


class Fixed:
    """A clock that stands still, a little after a whole second."""

    def __init__(self, moment: datetime = NOW + timedelta(microseconds=1250)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return create_local_authority(tmp_path, Fixed())


def test_a_token_stands_and_says_that_it_is_not_independent(authority: LocalAuthority) -> None:
    response = authority.ask(DIGEST, NONCE)
    found = check_token(
        response,
        *asked(
            {"sha256": DIGEST},
            roots=authority.roots,
            nonce=NONCE,
            policy_oid=LOCAL_POLICY,
            at=Fixed().now(),
        ),
    )
    assert found.moment == Fixed().now()
    assert found.accuracy == timedelta(seconds=1)
    assert found.own_clock
    assert 0 < found.serial < 1 << 159
    assert authority.independent is False
    again = read_token(authority.ask(DIGEST, NONCE))
    assert again.info.serial != found.serial


def test_the_authority_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    made = create_local_authority(tmp_path, Fixed())
    assert stat.S_IMODE((tmp_path / "authority.pem").stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["authority.pem", "root.pem"]
    opened = open_local_authority(tmp_path, Fixed())
    assert opened.roots == made.roots
    token = opened.ask(DIGEST, NONCE)
    check_token(token, *asked({"sha256": DIGEST}, roots=made.roots, at=Fixed().now()))
    with pytest.raises(OutputExists):
        create_local_authority(tmp_path, Fixed())
    assert open_local_authority(tmp_path, Fixed()).roots == made.roots


def test_a_missing_or_incomplete_authority_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable, match="no such file"):
        open_local_authority(tmp_path, Fixed())
    create_local_authority(tmp_path, Fixed())
    path = tmp_path / "authority.pem"
    path.write_bytes(path.read_bytes().rpartition(b"-----BEGIN")[0])
    with pytest.raises(KeyUnreadable, match="root"):
        open_local_authority(tmp_path, Fixed())


def answer(authority: LocalAuthority, **changes: object) -> tuple[int, tuple[str, ...]]:
    request = TimestampRequest(MessageImprint.of(DIGESTS["sha256"], DIGEST), **changes)  # type: ignore[arg-type]  # by name
    response = parse_response(authority.answer(request.encode()))
    return response.status, response.failures


def test_what_can_not_be_served_is_rejected_with_its_reason(authority: LocalAuthority) -> None:
    assert answer(authority) == (0, ())
    assert answer(authority, policy="1.2.3") == (2, ("the policy is not supported",))
    extension = w.explicit(0, w.sequence(w.oid("1.2.3"), w.octet_string(b"")))
    assert answer(authority, extensions=extension) == (2, ("the extension is not supported",))
    weak = w.sequence(w.sequence(w.oid("1.3.14.3.2.26")), w.octet_string(bytes(20)))
    for request, words in (
        (b"junk", "the request is malformed"),
        (w.sequence(w.integer(1), weak), "the algorithm is not supported"),
        (w.sequence(w.integer(2), weak), "the request is not permitted"),
    ):
        response = parse_response(authority.answer(request))
        assert (response.status, response.failures, response.token) == (2, (words,), None)


def test_certificates_are_embedded_only_where_wanted(authority: LocalAuthority) -> None:
    imprint = MessageImprint.of(DIGESTS["sha512"], bytes(64))
    bare = read_token(authority.answer(TimestampRequest(imprint).encode()))
    assert bare.signed.certificates == ()
    assert bare.info.nonce is None
    assert bare.info.imprint.value == bytes(64)


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512", "sha3_256", "sm3"])
def test_our_requests_are_those_of_rfc3161ng(name: str) -> None:
    digest = DIGESTS[name].of(DATA)
    ours = build_request(name, digest, NONCE)
    assert make_request(name, digest, NONCE) == ours
    found = parse_request(ours)
    assert found.imprint.digest.name == name
    assert (found.nonce, found.certificate_wanted, found.policy) == (NONCE, True, None)
    assert found.encode() == ours


def test_requests_that_make_no_sense_are_refused() -> None:
    for name, digest in (("sha256", bytes(20)), ("md5", bytes(16)), ("sha256", b"")):
        with pytest.raises(UsageError):
            make_request(name, digest, NONCE)
        with pytest.raises(UsageError):
            build_request(name, digest, NONCE)
    with pytest.raises(FormatError):
        parse_request(build_request("sha256", DIGEST, NONCE) + b"\0")


SIGNERS = ["p256", "p384", "rsa2048"]


def authority_of(kind: str) -> LocalAuthority:
    root = issue("Root", authority=True)
    leaf = issue("Authority", root, purposes=TIMESTAMPS, key=key_of(kind))
    signer = SoftwareSigner(leaf.key, [leaf.der, root.der])
    return LocalAuthority(signer, Fixed(), SystemEntropy())


def pem_of(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("kind", SIGNERS)
def test_openssl_accepts_it(kind: str, tmp_path: Path) -> None:
    authority = authority_of(kind)
    (tmp_path / "root.pem").write_bytes(pem_of(authority.roots[0]))
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "request.tsq").write_bytes(build_request("sha256", DIGEST, NONCE))
    (tmp_path / "response.tsr").write_bytes(authority.ask(DIGEST, NONCE))
    command = ["openssl", "ts", "-verify", "-in", "response.tsr", "-CAfile", "root.pem"]
    moment = ["-attime", str(int(NOW.timestamp()) + 1)]
    for question in (["-data", "data"], ["-queryfile", "request.tsq"]):
        done = subprocess.run(
            [*command, *question, *moment], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", SIGNERS)
def test_rfc3161_client_accepts_it(kind: str) -> None:
    client = pytest.importorskip("rfc3161_client")
    authority = authority_of(kind)
    response = client.decode_timestamp_response(authority.ask(DIGEST, NONCE))
    root = x509.load_der_x509_certificate(authority.roots[0])
    verifier = client.VerifierBuilder().add_root_certificate(root).nonce(NONCE).build()
    assert verifier.verify(response, DIGEST)


@pytest.mark.parametrize("kind", SIGNERS)
def test_pyhanko_accepts_it(kind: str) -> None:
    pytest.importorskip("pyhanko")
    from asn1crypto import tsp
    from asn1crypto import x509 as asn1
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko_certvalidator import ValidationContext

    authority = authority_of(kind)
    token = tsp.TimeStampResp.load(authority.ask(DIGEST, NONCE))["time_stamp_token"]
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(authority.roots[0])],
        allow_fetching=False,
        moment=NOW + timedelta(seconds=1),
    )
    found = asyncio.run(validate_tst_signed_data(token["content"], context, lambda _: DIGEST))
    assert found["intact"]
    assert found["valid"]
    assert found["trust_problem_indic"] is None
