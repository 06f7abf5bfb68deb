"""The PIN of a token: where it comes from, and that no try of it is spent in vain."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import TokenFlag

from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from evidence_ledger.errors import (
    KeyTokenUnusable,
    KeyUnusable,
    PinLocked,
    WrongPin,
)
from tests.adapters.token_desk import (
    OWNER,
    Typing,
    attended,
    behind,
    imported,
    reopened,
    token,
    works,
)
from tests.softhsm import PIN, Reader, SoftHsm, SoftToken, hsm, needs_softhsm

__all__ = ["hsm", "token"]

pytestmark = needs_softhsm


PAD = TokenFlag.PROTECTED_AUTHENTICATION_PATH


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


@pytest.mark.parametrize("says", [pkcs11.GeneralError, pkcs11.FunctionFailed, pkcs11.DeviceError])
def test_a_library_that_calls_a_wrong_pin_a_general_error_gets_it_once(
    says: type[pkcs11.PKCS11Error],
    token: SoftToken,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = reopened(imported(token.hsm), tmp_path / "key.pem", "0000")
    reader = behind(Reader(refuses=says), monkeypatch)
    with pytest.raises(KeyTokenUnusable):
        signer.sign(b"x")
    for _ in range(2):
        with pytest.raises(WrongPin, match="or failed when it was sent"):
            signer.sign(b"x")
    with pytest.raises(WrongPin, match="or failed when it was sent"):
        imported(token.hsm, "0000")
    assert reader.opened == ["0000"]
    reader.refuses = None
    assert works(imported(token.hsm))


@pytest.mark.parametrize("says", [pkcs11.TokenNotPresent, pkcs11.SessionCount])
def test_a_pin_that_was_not_looked_at_may_be_sent_again(
    says: type[pkcs11.PKCS11Error], token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = behind(Reader(refuses=says), monkeypatch)
    with pytest.raises(KeyUnusable):
        imported(token.hsm)
    reader.refuses = None
    assert works(imported(token.hsm))


def test_a_pin_for_one_signature_that_ends_in_a_general_error_is_not_sent_again(
    hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    hsm.token().add(OWNER, always_authenticate=True)
    reader = behind(Reader(), monkeypatch)
    signer = imported(hsm)
    reader.broken = [pkcs11.SessionHandleInvalid(), pkcs11.GeneralError()]
    with pytest.raises(KeyTokenUnusable):
        signer.sign(b"x")
    assert reader.opened == [PIN, PIN], "a session that ended is begun anew, once"
    made = len(reader.mechanisms)
    with pytest.raises(WrongPin, match="or failed when it was sent"):
        signer.sign(b"x")
    assert (reader.opened, len(reader.mechanisms)) == ([PIN, PIN], made)


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
