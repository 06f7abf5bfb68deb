"""PKCS #11 libraries, their tokens, and the sessions in which tokens are unlocked.

A library is initialised once in a process; only one thread may call it at a time (``lock``). A
token that was unlocked stays so for the whole process, and is locked at its end.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

import pkcs11
from pkcs11 import PROTECTED_AUTH, Attribute, PKCS11Error, Session, Token, TokenFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.exceptions import UserAlreadyLoggedIn

from evidence_ledger.adapters.keys.pin_desk import Pins
from evidence_ledger.adapters.keys.pkcs11_faults import (
    REFUSED_PIN,
    UNTRIED,
    fault,
    pin_locked,
    words,
    wrong_pin,
)
from evidence_ledger.errors import KeyAmbiguous, KeyTokenAbsent, KeyTokenUnusable, WrongPin

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib

Identity = tuple[bytes, str]
"""A token's serial number and label: some cards show each of their PINs as a token of its own."""


@dataclass(slots=True)
class Unlocked:
    """A token with a session.

    ``pin`` is for keys that want it with every signature; ``is_spent`` where one of these failed
    with it. ``tell`` says that it is to be typed at the reader.
    """

    token: Token
    session: Session
    pin: str | None = field(repr=False)
    tell: Callable[[str], None]
    keys: dict[tuple[str, bytes], Any] = field(default_factory=dict)
    is_spent: bool = False


class Library:
    """One PKCS #11 library in this process."""

    def __init__(self, module: Path, loaded: lib) -> None:
        self.module = module
        self.lock = RLock()
        self._loaded = loaded
        self._unlocked: dict[Identity, Unlocked] = {}
        self._refused: set[tuple[Identity, str]] = set()

    def tokens(self) -> list[Token]:
        """The tokens that are there and were set up. Raises KeyTokenUnusable."""
        try:
            slots = self._loaded.get_slots()
        except PKCS11Error as error:
            raise KeyTokenUnusable(
                f"The readers can't be asked for tokens: {words(error)}.", where=str(self.module)
            ) from error
        found: list[Token] = []
        for slot in slots:
            with suppress(PKCS11Error):
                found.append(slot.get_token())
        return [one for one in found if one.flags & TokenFlag.TOKEN_INITIALIZED]

    def token(self, name: str | None) -> Token:
        """The one token that is there, or the one with this label or serial number.

        Raises KeyTokenAbsent, KeyAmbiguous, KeyTokenUnusable.
        """
        there = self.tokens()
        found = there if name is None else [one for one in there if one.label == name]
        found = found or [one for one in there if name and one.serial == os.fsencode(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise KeyAmbiguous(
                f"There are {len(found)} tokens: {_named(found)}.",
                hint="Choose one with --token LABEL, or by its serial number.",
            )
        if name is None:
            raise KeyTokenAbsent("There is no token in any reader.", where=str(self.module))
        others = f" There is {_named(there)}." if there else ""
        raise KeyTokenAbsent(f"The token {name!r} is not there.{others}", where=str(self.module))

    def identified(self, identity: Identity) -> Token:
        """The token with this serial number and label. Raises KeyTokenAbsent, KeyTokenUnusable."""
        for one in self.tokens():
            if identity_of(one) == identity:
                return one
        raise KeyTokenAbsent(f"The token {identity[1]!r} is not there.", where=str(self.module))

    def held(self, identity: Identity) -> Unlocked | None:
        """The token, if it was unlocked before in this process."""
        return self._unlocked.get(identity)

    def unlock(self, token: Token, pins: Pins) -> Unlocked:
        """A session on a token. Raises WrongPin, PinLocked, KeyTokenAbsent, KeyTokenUnusable."""
        identity = identity_of(token)
        held = self._unlocked.get(identity)
        if held is None:
            pin = self._pin(token, pins)
            held = Unlocked(token, self._session(token, pin), pin, pins.tell)
            self._unlocked[identity] = held
        return held

    def _pin(self, token: Token, pins: Pins) -> str | None:
        """The PIN to send; None where there is none, or where the reader asks for it itself."""
        if token.flags & TokenFlag.USER_PIN_LOCKED:
            raise pin_locked(token.label)
        if not token.flags & TokenFlag.LOGIN_REQUIRED:
            return None
        if has_own_pad(token):
            pins.tell(token.label)
            return None
        last_try = bool(token.flags & TokenFlag.USER_PIN_FINAL_TRY)
        pin = pins.pin(token.label, last_try=last_try)
        if (identity_of(token), pin) in self._refused:
            raise WrongPin(
                f"The token {token.label!r} refused this PIN before, or failed when it was sent.",
                hint="It is not sent again, as a few wrong PINs lock a token. If it is the right "
                "one, start the program anew.",
            )
        return pin

    def _session(self, token: Token, pin: str | None) -> Session:
        wanted: object | None = pin
        if pin is None and token.flags & TokenFlag.LOGIN_REQUIRED:
            wanted = PROTECTED_AUTH
        try:
            return token.open(user_pin=wanted, attribute_mapper=_mapper())
        except UserAlreadyLoggedIn:
            return token.open(attribute_mapper=_mapper())
        except REFUSED_PIN as error:
            if pin is not None:
                self._refused.add((identity_of(token), pin))
            raise self._wrong_pin(token) from error
        except PKCS11Error as error:
            if pin is not None and not isinstance(error, UNTRIED):
                self._refused.add((identity_of(token), pin))
            raise fault(error, token.label) from error

    def _wrong_pin(self, token: Token) -> Exception:
        flags = TokenFlag(0)
        with suppress(PKCS11Error):
            flags = token.slot.get_token().flags
        if flags & TokenFlag.USER_PIN_LOCKED:
            return pin_locked(token.label)
        return wrong_pin(token.label, flags)

    def forget(self, identity: Identity, *, refused: bool = False) -> None:
        """Let go of a session that is of no use any more, and of a PIN that was ``refused``."""
        held = self._unlocked.pop(identity, None)
        if held is not None:
            if (refused or held.is_spent) and held.pin is not None:
                self._refused.add((identity, held.pin))
            with suppress(PKCS11Error):
                held.session.close()

    def close(self) -> None:
        """Lock all its tokens; it stays loaded. Raises PKCS11Error."""
        self._unlocked.clear()
        self._loaded.finalize()

    def is_there(self, identity: Identity) -> bool:
        """Whether the token can be seen."""
        with suppress(KeyTokenUnusable):
            return any(identity_of(one) == identity for one in self.tokens())
        return False


def identity_of(token: Token) -> Identity:
    """What tells a token from all others."""
    return token.serial, token.label


def has_own_pad(token: Token) -> bool:
    """Whether the reader, or the token itself, asks for the PIN."""
    return bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)


def _named(tokens: list[Token]) -> str:
    return ", ".join(f"{one.label!r} ({os.fsdecode(one.serial)})" for one in tokens)


def _mapper() -> AttributeMapper:
    """Labels that are not UTF-8 must stop nobody."""
    mapper = AttributeMapper()
    mapper.register_handler(
        Attribute.LABEL, lambda text: text.encode(), lambda data: data.decode(errors="replace")
    )
    return mapper


_LIBRARIES: dict[Path, Library] = {}
_LOADING = Lock()


def open_library(module: Path) -> Library:
    """The library in this file, loaded and initialised. Raises KeyTokenUnusable."""
    with _LOADING:
        if module not in _LIBRARIES:
            _require_file(module)
            _require_text(module)
            with _loading(module):
                _LIBRARIES[module] = Library(module, pkcs11.lib(str(module)))
        return _LIBRARIES[module]


@contextmanager
def _loading(module: Path) -> Iterator[None]:
    try:
        yield
    except PKCS11Error as error:
        if str(error).startswith("OS exception"):
            raise KeyTokenUnusable(
                f"{module.name} is not a PKCS #11 library for this machine.", where=str(module)
            ) from error
        raise KeyTokenUnusable(
            f"The PKCS #11 library {module.name} does not start: {words(error)}.",
            where=str(module),
            hint="Is the service that it needs running, and its own settings file in place?",
        ) from error


def _require_file(module: Path) -> None:
    try:
        is_there = module.is_file()
    except OSError:
        is_there = False
    if not is_there:
        raise KeyTokenUnusable(
            f"There is no PKCS #11 library {module.name}.",
            where=str(module),
            hint="It comes with the token's own software, or with OpenSC: opensc-pkcs11.so.",
        )


def _require_text(module: Path) -> None:
    try:
        str(module).encode()
    except UnicodeEncodeError:
        raise KeyTokenUnusable(
            "The name of this PKCS #11 library, or of its folder, is not UTF-8 text.",
            where=str(module),
            hint="Name a link to it that has another name.",
        ) from None


@atexit.register
def close_libraries() -> None:
    """Lock all tokens, as at the end of the process."""
    with _LOADING:
        for module in list(_LIBRARIES):
            library = _LIBRARIES.pop(module)
            with suppress(PKCS11Error):
                library.close()
