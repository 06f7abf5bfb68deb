"""Tokens of other authorities, and other people's judgement of tokens."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from evidence_ledger.core import pem
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from tests.asked import asked
from tests.token_factory import DATA, RIGHT, ROOT, response
from tests.x509_factory import NOW

LATER = NOW + timedelta(minutes=1)


def roots_and_rest(path: Path) -> tuple[list[bytes], list[bytes]]:
    every = pem.certificates(path.read_bytes(), where=path.name)
    loaded = [(one, x509.load_der_x509_certificate(one)) for one in every]
    roots = [one for one, parsed in loaded if parsed.subject == parsed.issuer]
    return roots, [one for one, _ in loaded if one not in roots]


FOREIGN = {
    "identrust/issue-104.tsr": (b"hello", "PASSED"),
    "sigstage/response-sha256.tsr": (b"hello", "PASSED"),
    "sigstage/response-sha384.tsr": (b"hello", "PASSED"),
    "sigstage/response-sha512.tsr": (b"hello", "PASSED"),
    "sigstage/response-no-embedded-cert.tsr": (b"hello", "PASSED"),
    "sigstage/response-invalid-signature.tsr": (b"hello", "cms.signature"),
    "test_tsa/response.tsr": (b"hello", "PASSED"),
    "test_tsa/other_response.tsr": (b"hello", "chain.unknown-root"),
    "test_tsa/response-injected-certs.tsr": (b"hello", "timestamp.foreign-certificate"),
}


@pytest.mark.parametrize("file", FOREIGN)
def test_foreign_tokens_are_judged_right(file: str, corpus: Path) -> None:
    data, expected = FOREIGN[file]
    path = corpus / "rfc3161" / file
    roots, rest = roots_and_rest(path.parent / "ts_chain.pem")
    digests = {n: hashlib.new(n, data).digest() for n in ("sha256", "sha384", "sha512")}
    moment = datetime(2025, 7, 1, tzinfo=UTC)
    report = verify_timestamp(
        path.read_bytes(), *asked(digests, roots=roots, intermediates=rest, at=moment)
    )
    reasons = [step.reason for step in report.steps if step.reason]
    assert reasons == ([] if expected == "PASSED" else [expected])


def test_foreign_token_by_rsassa_pss_with_three_identifiers(corpus: Path) -> None:
    data = (corpus / "rfc3161" / "d-trust.tst").read_bytes()
    found = read_token(data)
    roots = [one.raw for one in found.signed.x509_certificates() if one.subject == one.issuer]
    digests = {found.info.imprint.digest.name: found.info.imprint.value}
    trusted = check_token(data, *asked(digests, roots=roots, at=found.info.moment))
    assert trusted.scheme.startswith("rsa-pss-")
    assert len(trusted.chain.certificates) == 3


OPENSSL = [
    *("openssl", "ts", "-verify", "-in", "response.tsr", "-data", "data"),
    *("-CAfile", "root.pem", "-attime"),
]


def test_openssl_agrees_on_a_right_and_a_spoiled_token(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "data").write_bytes(DATA)
    for recipe, expected in ((RIGHT, True), (RIGHT.but(spoil_signature=True), False)):
        (tmp_path / "response.tsr").write_bytes(response(recipe))
        moment = str(int(LATER.timestamp()))
        done = subprocess.run([*OPENSSL, moment], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode == 0) is expected, done.stderr
