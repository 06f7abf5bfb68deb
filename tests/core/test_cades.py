"""CAdES-B-B signatures: ours judged by OpenSSL, OpenSSL's judged by us, hostile ones by reason."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.core import cades, cms, der, oid
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.core.cms import Attribute
from evidence_ledger.core.signing_certificate import binding_attribute
from evidence_ledger.errors import EvidenceError, Refused, UsageError
from tests.x509_factory import NOW, Holder, issue, key_of, usage

CONTENT = b'{"kind":"deposit"}'
KINDS = {
    "rsa-pkcs1-sha256": "rsa2048",
    "rsa-pss-sha256": "rsa2048",
    "ecdsa-sha256": "p256",
    "ecdsa-sha384": "p384",
    "ed25519": "ed25519",
}
ROOT = issue("Test root", authority=True)
HOLDERS = {name: issue(f"Signer {name}", ROOT, key=key_of(kind)) for name, kind in KINDS.items()}
P256 = HOLDERS["ecdsa-sha256"]


def signer_of(name: str) -> SoftwareSigner:
    holder = HOLDERS[name]
    return SoftwareSigner(holder.key, [ROOT.der, holder.der], name)


def signed(name: str, content: bytes = CONTENT) -> bytes:
    signer = signer_of(name)
    attributes = cades.to_be_signed(content, NOW, signer.chain[0], signer.scheme)
    return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)


@pytest.mark.parametrize("name", KINDS)
def test_a_signature_tells_who_and_when(name: str) -> None:
    found = cades.verify(signed(name), CONTENT)
    assert found.certificate == HOLDERS[name].der
    assert set(found.certificates) == {HOLDERS[name].der, ROOT.der}
    assert (found.signing_time, found.scheme) == (NOW, name)


@pytest.mark.parametrize("name", KINDS)
def test_a_signature_is_over_its_content_alone(name: str) -> None:
    with pytest.raises(Refused, match="altered") as caught:
        cades.verify(signed(name), CONTENT + b" ")
    assert caught.value.reason == "cms.message-digest"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "ed25519"])
def test_openssl_accepts_ours(name: str, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "signature").write_bytes(signed(name))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in"]
    rest = ["signature", "-content", "content", "-CAfile", "root.pem", "-purpose", "any"]
    moment = str(int(NOW.timestamp()))
    done = run(tmp_path, *command, *rest, "-attime", moment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == CONTENT
    (tmp_path / "content").write_bytes(CONTENT + b" ")
    assert run(tmp_path, *command, *rest, "-attime", moment).returncode != 0


def write_key(folder: Path, holder: Holder) -> None:
    private = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(holder.pem)
    (folder / "root.pem").write_bytes(ROOT.pem)
    (folder / "content").write_bytes(CONTENT)


def openssl_signed(folder: Path, *options: str) -> bytes:
    command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", "content"]
    keys = ["-signer", "certificate.pem", "-inkey", "key.pem", "-md", "sha256"]
    done = run(folder, *command, *keys, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


PSS = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rsa-pkcs1-sha256", []),
        ("rsa-pss-sha256", PSS),
        ("ecdsa-sha256", []),
        ("ecdsa-sha256", ["-certfile", "root.pem", "-nosmimecap"]),
    ],
)
def test_we_accept_openssls(name: str, options: Sequence[str], tmp_path: Path) -> None:
    write_key(tmp_path, HOLDERS[name])
    found = cades.verify(openssl_signed(tmp_path, "-cades", *options), CONTENT)
    assert (found.certificate, found.scheme) == (HOLDERS[name].der, name)


OPENSSL_REFUSED = {
    "no signing-certificate": ([], "cms.no-signing-certificate"),
    "not detached": (["-cades", "-nodetach"], "cades.not-detached"),
    "no certificate": (["-cades", "-nocerts"], "cades.no-certificate"),
    "no attributes": (["-noattr"], "cms.no-signed-attributes"),
    "SHA-1": (["-cades", "-md", "sha1"], "algorithm.weak-digest"),
}


@pytest.mark.parametrize("defect", OPENSSL_REFUSED)
def test_what_is_less_than_cades_is_refused(defect: str, tmp_path: Path) -> None:
    options, reason = OPENSSL_REFUSED[defect]
    write_key(tmp_path, P256)
    assert reason_of(openssl_signed(tmp_path, *options)) == reason


def reason_of(data: bytes, content: bytes = CONTENT) -> str:
    with pytest.raises(EvidenceError) as caught:
        cades.verify(data, content)
    return caught.value.reason


def built(
    attributes: bytes | None = None,
    holder: Holder = P256,
    content_type: str = oid.DATA,
    digest: str = "ecdsa-sha256",
    shown: Holder | None = None,
) -> bytes:
    """A signature with attributes of the caller's choice, signed rightly."""
    encoded = attributes if attributes is not None else attribute_set()
    named = SCHEMES["ecdsa-sha256"]
    return cms.build_signed_data(
        content_type=content_type,
        content=None,
        digest=SCHEMES[digest].digest,
        attributes=encoded,
        signature_algorithm=named.identifier,
        signature=SoftwareSigner(holder.key, [holder.der]).sign(encoded),
        chain=[(shown or holder).der],
    )


def attribute_set(
    without: str = "", extra: Sequence[Attribute] = (), holder: Holder = P256
) -> bytes:
    attributes = [
        Attribute(oid.CONTENT_TYPE, (w.oid(oid.DATA),)),
        Attribute(oid.SIGNING_TIME, (w.x509_time(NOW),)),
        Attribute(oid.MESSAGE_DIGEST, (w.octet_string(hashlib.sha256(CONTENT).digest()),)),
        binding_attribute(holder.der),
    ]
    return cms.encode_attributes([a for a in attributes if a.oid != without] + list(extra))


def test_the_builder_of_hostile_ones_builds_right_ones() -> None:
    assert cades.verify(built(), CONTENT).certificate == P256.der


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (oid.CONTENT_TYPE, "cms.missing-attribute"),
        (oid.MESSAGE_DIGEST, "cms.missing-attribute"),
        (oid.SIGNING_TIME, "cms.missing-attribute"),
        (oid.SIGNING_CERTIFICATE_V2, "cms.no-signing-certificate"),
    ],
)
def test_a_missing_attribute_is_refused(missing: str, reason: str) -> None:
    assert reason_of(built(attribute_set(without=missing))) == reason


def test_an_attribute_twice_is_refused() -> None:
    again = Attribute(oid.SIGNING_TIME, (w.x509_time(datetime(2020, 1, 1, tzinfo=UTC)),))
    assert reason_of(built(attribute_set(extra=[again]))) == "cms.duplicate-attribute"


def test_two_values_in_one_attribute_are_refused() -> None:
    times = (w.x509_time(NOW), w.x509_time(datetime(2020, 1, 1, tzinfo=UTC)))
    extra = [Attribute(oid.SIGNING_TIME, times)]
    data = built(attribute_set(without=oid.SIGNING_TIME, extra=extra))
    assert reason_of(data) == "cms.attribute-values"


def test_attributes_out_of_order_are_refused() -> None:
    node = der.parse(attribute_set(), "attributes")
    parts = [part.raw for part in node.elements("attributes", der.SET)]
    assert (
        reason_of(built(w.tlv(der.SET, b"".join(reversed(parts))))) == "cades.unsorted-attributes"
    )


def test_another_certificate_for_the_same_key_is_refused() -> None:
    """The binding keeps a signer from being shown under another name."""
    twin = issue("Somebody else", ROOT, key=P256.key, serial=P256.certificate.serial_number)
    assert reason_of(built(shown=twin)) == "cms.wrong-signing-certificate"


def test_the_issuer_in_the_binding_counts() -> None:
    digest = w.octet_string(hashlib.sha256(P256.der).digest())
    names = w.sequence(w.explicit(4, ROOT.certificate.subject.public_bytes()))
    wrong = w.sequence(names, w.integer(P256.certificate.serial_number + 1))
    value = w.sequence(w.sequence(w.sequence(digest, wrong)))
    extra = [Attribute(oid.SIGNING_CERTIFICATE_V2, (value,))]
    data = built(attribute_set(without=oid.SIGNING_CERTIFICATE_V2, extra=extra))
    assert reason_of(data) == "cms.wrong-signing-certificate"


def test_other_defects_are_refused() -> None:
    assert reason_of(built(content_type=oid.TST_INFO)) == "cades.content-type"
    assert reason_of(built(digest="ecdsa-sha384")) == "cms.message-digest"
    assert reason_of(built() + b"\0") == "der.trailing-bytes"
    assert reason_of(w.sequence(w.oid(oid.DATA))) == "cms.not-signed-data"


def test_a_key_that_is_not_for_signatures_is_refused() -> None:
    holder = issue("No signer", ROOT, key=key_of("p256"), key_usage=usage("key_agreement"))
    data = built(attribute_set(holder=holder), holder=holder)
    assert reason_of(data) == "cades.key-usage"


def test_a_digest_other_than_the_signatures_is_refused() -> None:
    extra = [Attribute(oid.MESSAGE_DIGEST, (w.octet_string(hashlib.sha384(CONTENT).digest()),))]
    attributes = attribute_set(without=oid.MESSAGE_DIGEST, extra=extra)
    assert reason_of(built(attributes, digest="ecdsa-sha384")) == "cades.digest-algorithm"


def test_two_signers_are_refused() -> None:
    node = der.parse(built(), "ContentInfo")
    content_type, wrapped = node.elements("ContentInfo")
    *parts, signers = wrapped.only("SignedData", der.context(0)).elements("SignedData")
    head = b"".join(part.raw for part in parts)
    doubled = w.tlv(der.SEQUENCE, head + w.tlv(der.SET, signers.content * 2))
    none = w.tlv(der.SEQUENCE, head + w.tlv(der.SET, b""))
    for data, reason in ((doubled, "cms.several-signers"), (none, "cms.no-signer")):
        assert reason_of(w.sequence(content_type.raw, w.explicit(0, data))) == reason


def test_protected_algorithms_are_compared() -> None:
    named = SCHEMES["ecdsa-sha256"]
    for algorithm, reason in ((named.identifier, None), (SCHEMES["ed25519"].identifier, "x")):
        value = w.sequence(named.digest.identifier.encode(), w.implicit(1, algorithm.encode()))
        data = built(attribute_set(extra=[Attribute(oid.ALGORITHM_PROTECTION, (value,))]))
        if reason is None:
            assert cades.verify(data, CONTENT).scheme == "ecdsa-sha256"
        else:
            assert reason_of(data) == "cms.algorithm-protection"


def test_an_unknown_scheme_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="rot13"):
        cades.to_be_signed(CONTENT, NOW, P256.der, "rot13")


RIGHT = built()


@given(st.integers(0, len(RIGHT) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_nothing_signed(position: int, change: int) -> None:
    changed = RIGHT[:position] + bytes((RIGHT[position] ^ change,)) + RIGHT[position + 1 :]
    try:
        found = cades.verify(changed, CONTENT)
    except EvidenceError:
        return
    assert (found.certificate, found.signing_time) == (P256.der, NOW)


@given(st.binary(max_size=200))
def test_junk_is_refused(junk: bytes) -> None:
    assert reason_of(junk)
