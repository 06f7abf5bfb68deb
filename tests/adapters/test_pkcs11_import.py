"""Finding a key in a token, and the X.509 certificate that is its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate

from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_import import Choice, import_key
from evidence_ledger.errors import (
    KeyAmbiguous,
    KeyNotFound,
    KeyTokenAbsent,
    KeyTokenUnusable,
    KeyUnreadable,
    WrongKey,
)
from tests.adapters.token_desk import (
    HOLDERS,
    OWNER,
    ROOT,
    imported,
    reopened,
    token,
    works,
)
from tests.softhsm import PIN, SoftHsm, SoftToken, hsm, needs_softhsm
from tests.x509_factory import NOW, YEAR, issue, key_of

__all__ = ["hsm", "token"]

pytestmark = needs_softhsm


def test_no_token_at_all(hsm: SoftHsm) -> None:
    with pytest.raises(KeyTokenAbsent, match="no token in any reader"):
        imported(hsm)


def test_several_tokens(token: SoftToken) -> None:
    token.hsm.token("Second").add(HOLDERS["p384"])
    with pytest.raises(KeyAmbiguous, match="2 tokens") as caught:
        imported(token.hsm)
    assert "'Second'" in str(caught.value)
    by_label = imported(token.hsm, token="Second")
    assert by_label.scheme == "ecdsa-sha384"
    assert works(by_label)
    serial = by_label.reference.serial.decode()
    assert imported(token.hsm, token=serial).reference == by_label.reference
    with pytest.raises(KeyTokenAbsent, match="'Third' is not there"):
        imported(token.hsm, token="Third")
    assert works(imported(token.hsm, token="Notary"))


def test_no_such_key(token: SoftToken) -> None:
    for choice in ({"label": "other"}, {"key_id": b"\x09"}, {"label": "signing", "key_id": b""}):
        with pytest.raises(KeyNotFound, match=r"It holds 'signing' \(id 0102\)"):
            imported(token.hsm, **choice)


def test_an_empty_token(hsm: SoftHsm) -> None:
    hsm.token()
    with pytest.raises(KeyNotFound, match="It holds none"):
        imported(hsm)


def test_several_keys(token: SoftToken) -> None:
    token.add(HOLDERS["p384"], "signing", b"\x03")
    with pytest.raises(KeyAmbiguous, match="2 such keys"):
        imported(token.hsm)
    with pytest.raises(KeyAmbiguous):
        imported(token.hsm, label="signing")
    assert imported(token.hsm, key_id=b"\x03").scheme == "ecdsa-sha384"
    assert imported(token.hsm, label="signing", key_id=b"\x01\x02").scheme == "ecdsa-sha256"


def test_two_keys_that_nothing_tells_apart_are_refused(token: SoftToken) -> None:
    token.add(HOLDERS["p384"])
    with pytest.raises(KeyAmbiguous):
        imported(token.hsm, label="signing", key_id=b"\x01\x02")


def test_a_key_that_may_not_sign(hsm: SoftHsm) -> None:
    token = hsm.token()
    token.add(HOLDERS["rsa2048"], "decrypting", b"\x07", sign=False)
    for choice in ({}, {"label": "decrypting"}):
        with pytest.raises(KeyTokenUnusable, match=r"'decrypting'.* may not sign"):
            imported(hsm, **choice)
    token.add(OWNER)
    assert imported(hsm).scheme == "ecdsa-sha256"


def test_the_certificate_of_another_key(hsm: SoftHsm) -> None:
    for kind, other in (("p256", hsm.token("A")), ("rsa2048", hsm.token("B"))):
        other.add(OWNER, certificates=(issue("Other", ROOT, key=key_of(kind, 2)),))
        with pytest.raises(WrongKey):
            imported(hsm, token=other.label)


def test_a_certificate_beside_the_token(hsm: SoftHsm) -> None:
    hsm.token().add(OWNER, certificates=())
    with pytest.raises(KeyNotFound, match=r"no X\.509 certificate"):
        imported(hsm)
    with pytest.raises(WrongKey):
        import_key(hsm.module, Choice(), Pins(PIN), [ROOT.der])
    signer = import_key(hsm.module, Choice(), Pins(PIN), [ROOT.der, OWNER.der])
    assert signer.chain == (OWNER.der, ROOT.der)
    assert works(signer)


def test_of_two_certificates_for_one_key_the_newer_counts(hsm: SoftHsm) -> None:
    older = issue("Owner", ROOT, key=OWNER.key, start=NOW - YEAR - YEAR)
    hsm.token().add(OWNER, certificates=(older, OWNER, ROOT))
    assert imported(hsm).chain == (OWNER.der, ROOT.der)


def test_junk_in_a_token_is_passed_over(token: SoftToken, tmp_path: Path) -> None:
    junk = decode_x509_certificate(OWNER.der) | {
        Attribute.VALUE: b"\x30\x03junk",
        Attribute.ID: b"\x01\x02",
        Attribute.TOKEN: True,
    }
    with token.session() as session:
        session.create_object(junk)
    assert works(reopened(imported(token.hsm), tmp_path / "key.pem"))


def test_a_label_that_is_not_utf8_stops_nobody(hsm: SoftHsm, tmp_path: Path) -> None:
    hsm.token().add(OWNER, "Schlüssel".encode("latin-1"))
    signer = imported(hsm)
    assert signer.reference.label == "Schl\ufffdssel"
    assert works(reopened(signer, tmp_path / "key.pem"))


@pytest.mark.parametrize("kind", ["p521", "rsa1024"])
def test_keys_that_can_not_sign_statements(kind: str, hsm: SoftHsm) -> None:
    hsm.token().add(issue("Weak", ROOT, key=key_of(kind)))
    with pytest.raises(KeyUnreadable, match="can't sign statements"):
        imported(hsm)


@pytest.mark.parametrize(
    ("name", "says"),
    [("none.so", "There is no PKCS #11 library"), ("text.so", "is not a PKCS #11 library")],
)
def test_a_library_that_is_none(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("text")
    with pytest.raises(KeyTokenUnusable, match=says):
        import_key(tmp_path / name, Choice(), Pins(PIN))


def test_a_library_with_a_name_that_is_not_utf8_is_no_crash(hsm: SoftHsm, tmp_path: Path) -> None:
    named = tmp_path / os.fsdecode(b"p11-\xff.so")
    named.symlink_to(hsm.module)
    with pytest.raises(KeyTokenUnusable, match="not UTF-8"):
        import_key(named, Choice(), Pins(PIN))


def test_a_library_that_does_not_start(
    hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "none"))
    with pytest.raises(KeyTokenUnusable, match="does not start"):
        imported(hsm)
