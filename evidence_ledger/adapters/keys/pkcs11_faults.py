"""What a PKCS #11 library says, in our words."""

from __future__ import annotations

from typing import Final

from pkcs11 import TokenFlag
from pkcs11 import exceptions as said

from evidence_ledger.errors import (
    KeyTokenAbsent,
    KeyTokenUnusable,
    KeyUnusable,
    PinLocked,
    WrongPin,
)

REFUSED_PIN: Final = (said.PinIncorrect, said.PinInvalid, said.PinLenRange)
ABOUT_PIN: Final = (
    *REFUSED_PIN,
    *(said.PinLocked, said.PinExpired, said.UserPinNotInitialized),
    *(said.FunctionCancelled, said.FunctionRejected),
)
"""Errors after which the same must not be tried again: it may cost one more try of the PIN."""

_GONE: Final = (
    *(said.DeviceRemoved, said.TokenNotPresent, said.TokenNotRecognised),
    said.SlotIDInvalid,
)
UNTRIED: Final = (
    *_GONE,
    *(said.SessionClosed, said.SessionHandleInvalid, said.SessionCount),
    *(said.UserNotLoggedIn, said.KeyHandleInvalid, said.ObjectHandleInvalid),
    *(said.MechanismInvalid, said.MechanismParamInvalid),
    *(said.FunctionNotSupported, said.KeyTypeInconsistent),
)
"""Errors that come before a PIN is looked at. After any other one it may have cost a try: there are
libraries that report a wrong PIN as a general error."""

_WORDS: Final[dict[type[said.PKCS11Error], str]] = {
    said.PinExpired: "its PIN has expired: change it in the token's own program",
    said.UserPinNotInitialized: "no PIN has been set for it yet",
    said.UserNotLoggedIn: "it is locked again",
    said.MechanismInvalid: "it can't make this kind of signature with this key",
    said.MechanismParamInvalid: "it can't make this kind of signature with this key",
    said.KeyTypeInconsistent: "the key is not of the kind that it should be",
    said.SessionCount: "too many programs use it",
    said.DeviceMemory: "it has no memory left",
    said.DeviceError: "it or its reader reports a fault",
}


def fault(error: said.PKCS11Error, token: str) -> KeyUnusable:
    """The error for what the library said about the token with this label."""
    if isinstance(error, REFUSED_PIN):
        return wrong_pin(token, TokenFlag(0))
    if isinstance(error, said.PinLocked):
        return pin_locked(token)
    if isinstance(error, (said.FunctionCancelled, said.FunctionRejected)):
        return WrongPin(f"No PIN was typed at the reader of the token {token!r}.")
    if isinstance(error, _GONE):
        return pulled_out(token)
    return KeyTokenUnusable(f"The token {token!r} can't be used: {words(error)}.")


def words(error: said.PKCS11Error) -> str:
    """What the library said, in plain words where there are some."""
    known = _WORDS.get(type(error))
    if known is not None:
        return known
    more = f" ({error})" if str(error) else ""
    return f"its library reports {type(error).__name__}{more}"


def wrong_pin(token: str, flags: TokenFlag) -> WrongPin:
    """The PIN was refused; ``flags`` are what the token says of itself afterwards."""
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        hint = "There is one try left: the next wrong PIN locks the token."
    elif flags & TokenFlag.USER_PIN_COUNT_LOW:
        hint = "Mind that a few wrong PINs lock a token; this one does not say how many are left."
    else:
        hint = "Mind that a few wrong PINs lock a token."
    return WrongPin(f"This is not the PIN of the token {token!r}.", hint=hint)


def pin_locked(token: str) -> PinLocked:
    """Too many wrong PINs."""
    return PinLocked(f"The token {token!r} is locked after too many wrong PINs.")


def pulled_out(token: str) -> KeyTokenAbsent:
    """It was there a moment ago."""
    return KeyTokenAbsent(f"The token {token!r} was pulled out, or its reader was.")
