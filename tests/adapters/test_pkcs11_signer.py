"""Keys in PKCS #11 tokens: found, used, and refused with a reason. No PIN is sent in vain."""

from __future__ import annotations

import copy
import pickle
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
from pkcs11 import Attribute, Mechanism, TokenFlag
from pkcs11.util.x509 import decode_x509_certificate

from evidence_ledger.adapters.clock import SystemClock, SystemEntropy
from evidence_ledger.adapters.keys.key_files import FileSigner, open_signer, save_signer
from evidence_ledger.adapters.keys.pin_desk import PinDesk, Pins
from evidence_ledger.adapters.keys.pkcs11_import import Choice, import_key
from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.adapters.keys.request_signer import RequestSigner
from evidence_ledger.core import cades
from evidence_ledger.core.http_request import HttpRequest
from evidence_ledger.core.http_signature import check_request
from evidence_ledger.errors import (
    KeyAmbiguous,
    KeyNotFound,
    KeyTokenAbsent,
    KeyTokenUnusable,
    KeyUnreadable,
    PinLocked,
    UsageError,
    WrongKey,
    WrongPin,
)
from evidence_ledger.ports import Signer
from tests.softhsm import PIN, Reader, SoftHsm, SoftToken, hsm, needs_softhsm
from tests.x509_factory import NOW, YEAR, issue, key_of

__all__ = ["hsm"]

pytestmark = needs_softhsm

ROOT = issue("Root", authority=True)
OWNER = issue("Owner", ROOT)
SCHEMES = {
    "rsa2048": "rsa-pkcs1-sha256",
    "p256": "ecdsa-sha256",
    "p384": "ecdsa-sha384",
    "ed25519": "ed25519",
}
HOLDERS = {kind: issue(f"Owner {kind}", ROOT, key=key_of(kind)) for kind in SCHEMES}


@pytest.fixture
def token(hsm: SoftHsm) -> SoftToken:
    """A token with one key and its X.509 certificate."""
    token = hsm.token()
    token.add(OWNER)
    return token


def imported(hsm: SoftHsm, pin: str | None = PIN, **choice: object) -> Pkcs11Signer:
    return import_key(hsm.module, Choice(**choice), Pins(pin))  # type: ignore[arg-type]


def reopened(signer: Pkcs11Signer, path: Path, pin: str | None = PIN) -> FileSigner:
    """What the kept file gives, in another process as it were."""
    save_signer(signer, path)
    close_libraries()
    return open_signer(path, pin)


def behind(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(pkcs11, "lib", reader.lib(pkcs11.lib))
    close_libraries()
    return reader


def signed(signer: Signer) -> bytes:
    attributes = cades.to_be_signed(b"x", NOW, signer.chain[0], signer.scheme)
    return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)


def works(signer: Signer) -> bool:
    return cades.verify(signed(signer), b"x").certificate == signer.chain[0]


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


@pytest.mark.parametrize("pin", ["0000", "x" * 300])
def test_a_wrong_pin_is_told_and_never_sent_twice(
    pin: str, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(), monkeypatch)
    with pytest.raises(WrongPin, match="not the PIN") as caught:
        imported(token.hsm, pin)
    assert "does not say how many are left" in str(caught.value.hint)
    with pytest.raises(WrongPin, match="refused this PIN before"):
        imported(token.hsm, pin)
    assert reader.opened == [pin]
    assert works(imported(token.hsm))


def test_a_wrong_pin_in_a_kept_file_is_sent_once(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem", "0000")
    reader = behind(Reader(), monkeypatch)
    for _ in range(3):
        with pytest.raises(WrongPin):
            signer.sign(b"x")
    assert reader.opened == ["0000"]


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        (TokenFlag.USER_PIN_COUNT_LOW, "does not say how many"),
        (TokenFlag(0), "Mind that a few wrong PINs"),
    ],
)
def test_what_the_token_says_of_tries_is_told(
    flags: TokenFlag, hint: str, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(Reader(flags=flags, refuses=pkcs11.PinIncorrect), monkeypatch)
    with pytest.raises(WrongPin) as caught:
        imported(token.hsm)
    assert hint in str(caught.value.hint)


class Typing:
    """Somebody who types this PIN."""

    def __init__(self, pin: str | None) -> None:
        self.pin = pin
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, token: str) -> str | None:
        self.asked.append(token)
        return self.pin

    def tell(self, token: str) -> None:
        self.told.append(token)


def attended(hsm: SoftHsm, desk: PinDesk, pin: str | None = None) -> Pkcs11Signer:
    return import_key(hsm.module, Choice(), Pins(pin, desk=desk))


def test_a_person_is_asked_once_and_only_without_a_given_pin(token: SoftToken) -> None:
    desk = Typing(PIN)
    assert works(attended(token.hsm, desk))
    assert desk.asked == ["Notary"]
    close_libraries()
    attended(token.hsm, desk, PIN)
    assert desk.asked == ["Notary"]


def test_without_a_pin_it_is_told_where_it_is_looked_for(token: SoftToken) -> None:
    with pytest.raises(WrongPin, match="needs its PIN") as caught:
        imported(token.hsm, None)
    assert "EVIDENCE_PIN" in str(caught.value.hint)
    with pytest.raises(WrongPin, match="needs its PIN"):
        attended(token.hsm, Typing(None))


def test_the_pin_may_be_in_the_environment(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_PIN", PIN)
    signer = reopened(imported(token.hsm, None), tmp_path / "key.pem", None)
    assert works(signer)


@pytest.mark.parametrize("given", [PIN, None])
def test_the_last_try_is_left_to_a_person(
    given: str | None, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_PIN", PIN)
    reader = behind(Reader(flags=TokenFlag.USER_PIN_FINAL_TRY), monkeypatch)
    with pytest.raises(WrongPin, match="only a PIN that is typed"):
        imported(token.hsm, given)
    assert reader.opened == []
    desk = Typing("0000")
    with pytest.raises(WrongPin) as caught:
        attended(token.hsm, desk, given)
    assert "one try left" in str(caught.value.hint)
    desk.pin = PIN
    assert works(attended(token.hsm, desk, given))


def test_a_locked_token_is_sent_no_pin(token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = behind(Reader(flags=TokenFlag.USER_PIN_LOCKED), monkeypatch)
    with pytest.raises(PinLocked, match="'Notary' is locked"):
        imported(token.hsm)
    assert reader.opened == []


def test_a_pin_that_locks_the_token_says_so(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(Reader(refuses=pkcs11.PinLocked), monkeypatch)
    with pytest.raises(PinLocked):
        imported(token.hsm)


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (pkcs11.PinExpired, "its PIN has expired"),
        (pkcs11.UserPinNotInitialized, "no PIN has been set"),
        (pkcs11.SessionCount, "too many programs"),
        (pkcs11.GeneralError, "reports GeneralError"),
    ],
)
def test_what_stands_in_the_way_is_told(
    refusal: type[pkcs11.PKCS11Error],
    says: str,
    token: SoftToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behind(Reader(refuses=refusal), monkeypatch)
    with pytest.raises(KeyTokenUnusable, match=says):
        imported(token.hsm)


PAD = TokenFlag.PROTECTED_AUTHENTICATION_PATH


def test_where_the_reader_has_its_own_pad_nobody_is_asked_here(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(flags=PAD, typed=PIN), monkeypatch)
    desk = Typing("0000")
    assert works(attended(token.hsm, desk, "0000"))
    assert (desk.asked, desk.told) == ([], ["Notary"])
    assert reader.opened == [pkcs11.PROTECTED_AUTH]


def test_nobody_types_at_the_reader(token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    behind(Reader(flags=PAD, refuses=pkcs11.FunctionCancelled), monkeypatch)
    with pytest.raises(WrongPin, match="at the reader"):
        imported(token.hsm, None)


def test_a_key_that_wants_the_pin_with_every_signature(hsm: SoftHsm, tmp_path: Path) -> None:
    hsm.token().add(OWNER, always_authenticate=True)
    signer = reopened(imported(hsm), tmp_path / "key.pem")
    assert works(signer)
    assert works(signer)


def test_at_a_pad_the_pin_is_typed_with_every_signature(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    hsm.token().add(OWNER, always_authenticate=True)
    behind(Reader(flags=PAD, typed=PIN), monkeypatch)
    desk = Typing(None)
    signer = attended(hsm, desk)
    assert works(signer)
    assert (desk.asked, desk.told) == ([], ["Notary"] * 3)


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


def test_a_pin_that_is_refused_while_signing_is_not_repeated(
    token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(), monkeypatch)
    signer = imported(token.hsm)
    reader.broken = [pkcs11.PinIncorrect()]
    with pytest.raises(WrongPin, match="not the PIN"):
        signer.sign(b"x")
    with pytest.raises(WrongPin, match="refused this PIN before"):
        signer.sign(b"x")
    assert reader.opened == [PIN]


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
    for kind, token in (("p256", hsm.token("A")), ("rsa2048", hsm.token("B"))):
        token.add(OWNER, certificates=(issue("Other", ROOT, key=key_of(kind, 2)),))
        with pytest.raises(WrongKey):
            imported(hsm, token=token.label)


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


@pytest.mark.parametrize(
    ("name", "says"),
    [("none.so", "There is no PKCS #11 library"), ("text.so", "is not a PKCS #11 library")],
)
def test_a_library_that_is_none(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("text")
    with pytest.raises(KeyTokenUnusable, match=says):
        import_key(tmp_path / name, Choice(), Pins(PIN))


def test_a_library_that_does_not_start(
    hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "none"))
    with pytest.raises(KeyTokenUnusable, match="does not start"):
        imported(hsm)


def test_without_the_extra_it_is_told_what_to_install(
    token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem")
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyTokenUnusable, match="not installed") as caught:
        signer.sign(b"x")
    assert "evidence-ledger[pkcs11]" in str(caught.value.hint)


def test_the_pin_is_in_no_text_and_no_file(token: SoftToken, tmp_path: Path) -> None:
    signer = imported(token.hsm)
    path = tmp_path / "key.pem"
    opened = reopened(signer, path)
    opened.sign(b"x")
    assert repr(opened) == "Pkcs11Signer('CN=Owner', ecdsa-sha256)"
    assert PIN not in repr(Pins(PIN))
    assert PIN.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        for secret in (opened, Pins(PIN)):
            with pytest.raises(TypeError):
                copied(secret)


def test_a_wrong_pin_is_in_no_message(token: SoftToken) -> None:
    for pin in ("wrong-4812", "wrong-\ud800"):
        with pytest.raises(WrongPin) as caught:
            imported(token.hsm, pin)
        error: BaseException | None = caught.value
        while error is not None:
            assert pin not in f"{error!r} {error} {error.__dict__}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


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
