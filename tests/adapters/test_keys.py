"""Signing keys: made, kept, opened, and refused where they are not what they should be."""

from __future__ import annotations

import copy
import pickle
import stat
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from evidence_ledger.adapters.keys.key_files import open_signer, save_signer
from evidence_ledger.adapters.keys.self_issued import generate_signer
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.core import cades
from evidence_ledger.core.certificate_chain import validate_chain
from evidence_ledger.core.certificate_purpose import Purpose
from evidence_ledger.errors import (
    EvidenceError,
    KeyUnreadable,
    OutputExists,
    UsageError,
    WrongKey,
    WrongPassword,
)
from evidence_ledger.ports import Signer
from tests.x509_factory import NOW, Holder, issue, key_of

ROOT = issue("Root", authority=True)
OWNER = issue("Owner", ROOT)


class Fixed:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW.replace(microsecond=5)


def works(signer: Signer) -> bool:
    attributes = cades.to_be_signed(b"x", NOW, signer.chain[0], signer.scheme)
    data = cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)
    return cades.verify(data, b"x").certificate == signer.chain[0]


def test_a_fresh_key_signs_and_its_certificate_is_for_signatures() -> None:
    signer = generate_signer("Ann Advocate", Fixed())
    assert works(signer)
    assert signer.scheme == "ecdsa-sha256"
    found = x509.load_der_x509_certificate(signer.chain[0])
    usage = found.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert found.not_valid_before_utc == NOW
    assert found.not_valid_after_utc.year == NOW.year + 10
    chain = validate_chain(signer.chain[0], (), signer.chain, NOW, purpose=Purpose.SIGNATURE)
    assert chain.leaf is chain.root


def test_openssl_verifies_a_fresh_key(tmp_path: Path) -> None:
    signer = generate_signer("Ann", Fixed())
    attributes = cades.to_be_signed(b"x", NOW, signer.chain[0], signer.scheme)
    data = cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)
    (tmp_path / "sig").write_bytes(data)
    (tmp_path / "content").write_bytes(b"x")
    certificate = x509.load_der_x509_certificate(signer.chain[0])
    (tmp_path / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig", "-cades"]
    rest = ["-content", "content", "-CAfile", "own.pem", "-attime", str(int(NOW.timestamp()))]
    done = subprocess.run([*command, *rest], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "a\u202eb"])
def test_a_name_that_no_certificate_can_hold_is_wrong_use(name: str) -> None:
    with pytest.raises(UsageError):
        generate_signer(name, Fixed())


@pytest.mark.parametrize("password", [None, "pass phrase äß"])
def test_a_key_is_kept_for_its_owner_only(password: str | None, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    signer = generate_signer("Ann", Fixed())
    save_signer(signer, path, password)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key.pem"]
    opened = open_signer(path, password)
    assert opened.chain == signer.chain
    assert works(opened)
    with pytest.raises(OutputExists):
        save_signer(signer, path)


def test_no_text_form_holds_the_key() -> None:
    signer = generate_signer("Ann", Fixed())
    for text in (repr(signer), str(signer)):
        assert text == "SoftwareSigner('CN=Ann', ecdsa-sha256)"
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(signer)


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        ("rsa2048", "rsa-pkcs1-sha256"),
        ("rsa2048", "rsa-pss-sha256"),
        ("p256", "ecdsa-sha256"),
        ("p384", "ecdsa-sha384"),
        ("ed25519", "ed25519"),
    ],
)
@pytest.mark.parametrize("form", ["pem", "p12"])
def test_keys_of_every_kind_open(kind: str, scheme: str, form: str, tmp_path: Path) -> None:
    holder = issue("Owner", ROOT, key=key_of(kind))
    path = tmp_path / "key"
    path.write_bytes(as_pem(holder) if form == "pem" else as_pkcs12(holder, b"pw"))
    signer = open_signer(path, None if form == "pem" else "pw", scheme=scheme)
    assert signer.chain == (holder.der, ROOT.der)
    assert signer.scheme == scheme
    assert works(signer)


def private_pem(holder: Holder, password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def as_pem(holder: Holder, password: bytes = b"") -> bytes:
    return ROOT.pem + private_pem(holder, password) + holder.pem


def as_pkcs12(holder: Holder, password: bytes) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"me", holder.key, holder.certificate, [ROOT.certificate], lock
    )


def test_the_certificate_may_be_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(private_pem(OWNER))
    (tmp_path / "certificates").write_bytes(ROOT.pem + OWNER.pem)
    signer = open_signer(tmp_path / "key", certificates=tmp_path / "certificates")
    assert signer.chain == (OWNER.der, ROOT.der)


def test_a_traditional_openssl_key_opens(tmp_path: Path) -> None:
    old = OWNER.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (tmp_path / "key").write_bytes(old + OWNER.pem)
    assert works(open_signer(tmp_path / "key"))


TRADITIONAL_LOCKED = OWNER.key.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"pw")
)
WRONG: dict[str, tuple[bytes, str | None, type[EvidenceError]]] = {
    "wrong password, PEM": (as_pem(OWNER, b"pw"), "no", WrongPassword),
    "no password, PEM": (as_pem(OWNER, b"pw"), None, WrongPassword),
    "wrong password, old PEM": (TRADITIONAL_LOCKED + OWNER.pem, "no", WrongPassword),
    "wrong password, PKCS 12": (as_pkcs12(OWNER, b"pw"), "no", WrongPassword),
    "no password, PKCS 12": (as_pkcs12(OWNER, b"pw"), None, WrongPassword),
    "certificate of another key": (private_pem(OWNER) + ROOT.pem, None, WrongKey),
    "no certificate": (private_pem(OWNER), None, KeyUnreadable),
    "no key": (OWNER.pem, None, KeyUnreadable),
    "two keys": (private_pem(OWNER) + as_pem(ROOT), None, KeyUnreadable),
    "damaged key": (as_pem(OWNER).replace(b"MIG", b"AAA"), None, KeyUnreadable),
    "damaged certificate": (
        private_pem(OWNER) + OWNER.pem.replace(b"MII", b"AAA"),
        None,
        KeyUnreadable,
    ),
    "key cut short": (private_pem(OWNER)[:60], None, KeyUnreadable),
    "empty": (b"", None, KeyUnreadable),
    "junk": (b"\x30\x03\x02\x01\x05", None, KeyUnreadable),
    "PKCS 12 cut short": (as_pkcs12(OWNER, b"pw")[:-9], "pw", KeyUnreadable),
    "too large": (bytes((1 << 20) + 1), None, KeyUnreadable),
    "weak RSA": (as_pem(issue("Weak", ROOT, key=key_of("rsa1024"))), None, KeyUnreadable),
    "another curve": (as_pem(issue("P-521", ROOT, key=key_of("p521"))), None, KeyUnreadable),
}


@pytest.mark.parametrize("defect", WRONG)
def test_a_key_that_can_not_be_used_says_why(defect: str, tmp_path: Path) -> None:
    data, password, kind = WRONG[defect]
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(kind) as caught:
        open_signer(tmp_path / "key", password)
    assert type(caught.value) is kind
    assert "-----" not in str(caught.value)


def test_a_missing_key_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyUnreadable, match="no such file"):
        open_signer(tmp_path / "none")


def test_a_scheme_that_the_key_can_not_do_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="rsa-pss-sha256"):
        SoftwareSigner(OWNER.key, [OWNER.der], "rsa-pss-sha256")
