"""How many RSA-2048 timestamps a second are verified on one core, beside other programs.

    python -m benchmarks.timestamp_verify [COUNT]

Every program verifies the same tokens in the same run. rfc3161ng checks no chain and no purpose.
The openssl process is started once for each token, as scripts do. ``report`` is the whole recipe
with its report; ``check`` the same without; ``cold`` is with nothing remembered of X.509
certificates seen before.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import rfc3161_client
import rfc3161ng

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.adapters.timestamping.local import LocalAuthority
from evidence_ledger.core import certificate_chain, public_key, x509_certificate
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.timestamp_token import parse_response
from evidence_ledger.core.timestamp_verification import check_token, verify_timestamp
from tests.asked import asked
from tests.x509_factory import TIMESTAMPS, Holder, issue, key_of

Token = tuple[bytes, int, bytes]
Verify = Callable[[Token], object]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    root = issue("Root", authority=True, key=key_of("rsa2048", 1))
    leaf = issue("Authority", root, purposes=TIMESTAMPS, key=key_of("rsa2048", 2))
    tokens = make(count, leaf, root)
    with tempfile.TemporaryDirectory() as folder:
        for name, verify, share in contenders(leaf, root, Path(folder)):
            rate = measure(verify, tokens[: max(1, int(count * share))])
            print(f"{name:16} {rate:9.0f} a second")


def make(count: int, leaf: Holder, root: Holder) -> list[Token]:
    signer = SoftwareSigner(leaf.key, [leaf.der, root.der])
    authority = LocalAuthority(signer, SystemClock(), SystemEntropy())
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(count)]
    return [(digest, n, authority.ask(digest, n)) for n, digest in enumerate(digests)]


def contenders(leaf: Holder, root: Holder, folder: Path) -> list[tuple[str, Verify, float]]:
    return [
        ("check", ours(root), 1),
        ("report", our_report(root), 1),
        ("check, cold", cold(root), 1),
        ("rfc3161-client", client(root), 1),
        ("rfc3161ng", ng(leaf), 0.2),
        ("openssl process", openssl(root, folder), 0.1),
    ]


def measure(verify: Verify, tokens: Sequence[Token]) -> float:
    verify(tokens[0])
    start = time.perf_counter()
    for token in tokens:
        verify(token)
    return len(tokens) / (time.perf_counter() - start)


def ours(root: Holder) -> Verify:
    at, roots = SystemClock().now(), (root.der,)

    def verify(token: Token) -> object:
        digest, nonce, response = token
        return check_token(response, *asked({"sha256": digest}, roots=roots, nonce=nonce, at=at))

    return verify


def our_report(root: Holder) -> Verify:
    at, roots = SystemClock().now(), (root.der,)

    def verify(token: Token) -> object:
        digest, nonce, response = token
        report = verify_timestamp(
            response, *asked({"sha256": digest}, roots=roots, nonce=nonce, at=at)
        )
        assert report.verdict is Verdict.PASSED
        return report

    return verify


def cold(root: Holder) -> Verify:
    warm = ours(root)

    def verify(token: Token) -> object:
        x509_certificate.parse_certificate.cache_clear()
        public_key.parse_public_key.cache_clear()
        certificate_chain.signed_by.cache_clear()
        return warm(token)

    return verify


def client(root: Holder) -> Verify:
    def verify(token: Token) -> object:
        digest, nonce, response = token
        builder = rfc3161_client.VerifierBuilder(roots=[root.certificate], nonce=nonce)
        found = rfc3161_client.decode_timestamp_response(response)
        assert builder.build().verify(found, digest)
        return found

    return verify


def ng(leaf: Holder) -> Verify:
    def verify(token: Token) -> object:
        digest, nonce, response = token
        bare = rfc3161ng.decode_timestamp_response(response).time_stamp_token
        return rfc3161ng.check_timestamp(
            bare, certificate=leaf.pem, digest=digest, hashname="sha256", nonce=nonce
        )

    return verify


def openssl(root: Holder, folder: Path) -> Verify:
    (folder / "root.pem").write_bytes(root.pem)
    command = ["openssl", "ts", "-verify", "-in", "token.tsr", "-CAfile", "root.pem", "-digest"]

    def verify(token: Token) -> object:
        digest, _, response = token
        assert parse_response(response).token
        (folder / "token.tsr").write_bytes(response)
        return subprocess.run([*command, digest.hex()], cwd=folder, check=True, capture_output=True)

    return verify


if __name__ == "__main__":
    main()
