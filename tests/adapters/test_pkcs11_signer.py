"""Keys in PKCS #11 tokens sign, and say why where they do not."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, Mechanism

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.keys.key_files import open_signer, save_signer
from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.adapters.keys.request_signer import RequestSigner
from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import check_request
from evidence_ledger.errors import (
    KeyTokenAbsent,
    KeyTokenUnusable,
    UsageError,
    WrongKey,
)
from evidence_ledger.ports import Signer
from tests.adapters.token_desk import (
    HOLDERS,
    ROOT,
    SCHEMES,
    behind,
    imported,
    reopened,
    signed,
    token,
    works,
)
from tests.softhsm import PIN, Reader, SoftHsm, SoftToken, hsm, needs_softhsm
from tests.x509_factory import NOW

__all__ = ["hsm", "token"]

pytestmark = needs_softhsm


def openssl_accepts(signer: Signer, folder: Path) -> bool:
    root = x509.load_der_x509_certificate(signer.chain[-1])
    (folder / "sig").write_bytes(signed(signer))
    (folder / "content").write_bytes(b"x")
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig", "-cades"]
    rest = ["-content", "content", "-CAfile", "root.pem", "-attime", str(int(NOW.timestamp()))]
    done = subprocess.run([*command, *rest], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("kind", SCHEMES)
def test_keys_of_every_kind_sign(kind: str, hsm: SoftHsm, tmp_path: Path) -> None:
    token = hsm.token()
    token.add(HOLDERS[kind], certificates=(ROOT, HOLDERS[kind]))
    signer = reopened(imported(hsm), tmp_path / "key.pem")
    assert signer.scheme == SCHEMES[kind]
    assert signer.chain == (HOLDERS[kind].der, ROOT.der)
    assert works(signer)
    assert works(signer)
    # openssl cms can't check Ed25519 in many releases.
    assert kind == "ed25519" or openssl_accepts(signer, tmp_path)


def test_an_rsa_key_signs_by_pss_where_that_is_asked_for(hsm: SoftHsm, tmp_path: Path) -> None:
    hsm.token().add(HOLDERS["rsa2048"], certificates=(ROOT, HOLDERS["rsa2048"]))
    signer = reopened(imported(hsm, pss=True), tmp_path / "key.pem")
    assert signer.scheme == "rsa-pss-sha256"
    assert works(signer)
    assert openssl_accepts(signer, tmp_path)


WITHOUT_V1 = frozenset({Mechanism.SHA256_RSA_PKCS, Mechanism.RSA_PKCS})
ONLY_RAW = frozenset({Mechanism.SHA256_RSA_PKCS, Mechanism.SHA256_RSA_PKCS_PSS})


@pytest.mark.parametrize(
    ("kind", "pss", "lacks", "mechanism", "scheme"),
    [
        ("rsa2048", False, frozenset(), Mechanism.SHA256_RSA_PKCS, "rsa-pkcs1-sha256"),
        ("rsa2048", False, ONLY_RAW, Mechanism.RSA_PKCS, "rsa-pkcs1-sha256"),
        ("rsa2048", True, ONLY_RAW, Mechanism.RSA_PKCS_PSS, "rsa-pss-sha256"),
        ("rsa2048", False, WITHOUT_V1, Mechanism.SHA256_RSA_PKCS_PSS, "rsa-pss-sha256"),
        ("p384", False, frozenset(), Mechanism.ECDSA, "ecdsa-sha384"),
    ],
)
def test_what_mechanisms_the_token_lacks_is_gone_around(
    kind: str,
    pss: bool,
    lacks: frozenset[Mechanism],
    mechanism: Mechanism,
    scheme: str,
    hsm: SoftHsm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hsm.token().add(HOLDERS[kind])
    reader = behind(Reader(lacks=lacks), monkeypatch)
    signer = imported(hsm, pss=pss)
    assert signer.scheme == scheme
    assert works(signer)
    assert set(reader.mechanisms) == {mechanism}


def test_a_mechanism_that_is_listed_and_does_not_work_is_passed_over(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(has=frozenset({Mechanism.ECDSA_SHA256})), monkeypatch)
    assert works(imported(token.hsm))
    assert reader.mechanisms[:2] == [Mechanism.ECDSA_SHA256, Mechanism.ECDSA]


@pytest.mark.parametrize("kind", ["p384", "rsa2048", "ed25519"])
def test_a_token_that_says_little_of_its_keys(
    kind: str, hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    hsm.token().add(HOLDERS[kind], certificates=(ROOT, HOLDERS[kind]))
    behind(Reader(hides=frozenset({Attribute.EC_PARAMS})), monkeypatch)
    signer = imported(hsm)
    assert signer.chain == (HOLDERS[kind].der, ROOT.der)
    assert works(signer)


def test_readers_that_do_not_answer(token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = behind(Reader(), monkeypatch)
    signer = imported(token.hsm)
    reader.broken, reader.is_deaf = [pkcs11.GeneralError()], True
    with pytest.raises(KeyTokenUnusable, match="readers can't be asked"):
        signer.sign(b"x")


def test_threads_share_a_token(token: SoftToken) -> None:
    signer = imported(token.hsm)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: works(signer), range(40)))


def test_a_token_without_any_mechanism_for_the_key(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(Reader(lacks=frozenset({Mechanism.ECDSA})), monkeypatch)
    with pytest.raises(KeyTokenUnusable, match="can't make ecdsa-sha256 signatures"):
        imported(token.hsm)


@pytest.mark.parametrize("kind", SCHEMES)
def test_requests_are_signed(kind: str, hsm: SoftHsm) -> None:
    hsm.token().add(HOLDERS[kind])
    maker = RequestSigner(imported(hsm), SystemClock(), SystemEntropy())
    fields = maker.fields("GET", "https://ledger.example/v1/deposits/7/claims")
    request = HttpRequest("GET", "https", "ledger.example", "/v1/deposits/7/claims", None, fields)
    found = check_request(request, b"", SystemClock().now(), timedelta(minutes=1))
    assert found.certificate.raw == HOLDERS[kind].der


def test_a_token_that_is_pulled_out_in_the_middle_and_put_back(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(), monkeypatch)
    signer = imported(token.hsm)
    reader.broken, reader.is_empty = [pkcs11.DeviceRemoved()], True
    with pytest.raises(KeyTokenAbsent, match="is not there"):
        signer.sign(b"x")
    reader.is_empty = False
    assert works(signer)


@pytest.mark.parametrize("said", [pkcs11.DeviceRemoved, pkcs11.DeviceError, pkcs11.GeneralError])
def test_a_token_that_is_pulled_out_while_it_signs(
    said: type[pkcs11.PKCS11Error],
    token: SoftToken,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem")
    reader = behind(Reader(), monkeypatch)
    assert isinstance(signer, Pkcs11Signer)

    class Pulled(said):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            reader.is_empty = True

    class Breaking(list[pkcs11.PKCS11Error]):
        def pop(self, _index: object = 0) -> pkcs11.PKCS11Error:
            self.clear()
            return Pulled()

    reader.broken = Breaking([said()])
    with pytest.raises(KeyTokenAbsent, match="pulled out"):
        signer.sign(b"x")


def test_a_fault_of_a_token_that_is_still_there_is_no_absence(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem")
    reader = behind(Reader(broken=[pkcs11.DeviceError()]), monkeypatch)
    with pytest.raises(KeyTokenUnusable, match="reports a fault"):
        signer.sign(b"x")
    assert works(signer)
    assert len(reader.opened) == 2


def test_a_session_that_ended_is_begun_anew(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(), monkeypatch)
    signer = imported(token.hsm)
    reader.broken = [pkcs11.SessionHandleInvalid()]
    assert works(signer)
    assert reader.opened == [PIN, PIN]


def test_files_that_vanish_under_the_library_are_no_crash(token: SoftToken) -> None:
    signer = imported(token.hsm)
    token.hsm.remove()
    with pytest.raises((KeyTokenAbsent, KeyTokenUnusable)):
        signer.sign(b"x")


def test_a_token_that_is_absent_later(token: SoftToken, tmp_path: Path) -> None:
    signer = imported(token.hsm)
    token.hsm.remove()
    with pytest.raises(KeyTokenAbsent, match="'Notary' is not there"):
        reopened(signer, tmp_path / "key.pem").sign(b"x")


def test_another_key_in_the_place_of_the_first_signs_nothing(
    token: SoftToken, tmp_path: Path
) -> None:
    token.add(HOLDERS["p256"], "second", b"\x05")
    first, second = imported(token.hsm, label="signing"), imported(token.hsm, label="second")
    forged = Pkcs11Signer(second.reference, first.chain, Pins(PIN))
    with pytest.raises(WrongKey, match="does not verify"):
        reopened(forged, tmp_path / "key.pem").sign(b"x")


def test_two_signers_share_a_token(token: SoftToken, tmp_path: Path) -> None:
    token.add(HOLDERS["p384"], "second", b"\x05")
    one, other = imported(token.hsm, label="signing"), imported(token.hsm, label="second")
    paths = [tmp_path / "one", tmp_path / "other"]
    for signer, path in zip((one, other), paths, strict=True):
        save_signer(signer, path)
    close_libraries()
    signers = [open_signer(path, PIN) for path in paths]
    assert all(works(signer) for signer in (*signers, *signers))


def test_without_the_extra_it_is_told_what_to_install(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem")
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyTokenUnusable, match="not installed") as caught:
        signer.sign(b"x")
    assert "evidence-ledger[pkcs11]" in str(caught.value.hint)


def test_what_was_chosen_at_import_can_not_be_chosen_later(
    token: SoftToken, tmp_path: Path
) -> None:
    save_signer(imported(token.hsm), tmp_path / "key.pem")
    with pytest.raises(UsageError):
        open_signer(tmp_path / "key.pem", scheme="ecdsa-sha256")


def test_a_reference_to_another_token_finds_none(token: SoftToken) -> None:
    signer = imported(token.hsm)
    moved = replace(signer.reference, serial=b"00")
    with pytest.raises(KeyTokenAbsent):
        Pkcs11Signer(moved, signer.chain, Pins(PIN)).unlock()
