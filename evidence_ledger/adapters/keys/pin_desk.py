"""Where the PIN of a PKCS #11 token comes from. It is kept in memory alone, and in no text."""

from __future__ import annotations

import os
from typing import Final, Protocol

from evidence_ledger.errors import WrongPin

PIN: Final = "EVIDENCE_PIN"
"""The environment variable with the PIN of a key that a command names."""

OPERATOR_PIN: Final = "EVIDENCE_OPERATOR_PIN"
"""The environment variable with the PIN of the ledger's operator."""


class PinDesk(Protocol):
    """A person who can be asked."""

    def ask(self, token: str) -> str | None:
        """The PIN of the token with this label, or None where nobody can type it."""
        ...

    def tell(self, token: str) -> None:
        """Say that the PIN is to be typed at the reader of this token."""
        ...


class Pins:
    """The PIN that was given, else the one in an environment variable, else what a person types."""

    __slots__ = ("_given", "_variable", "desk")

    def __init__(
        self, given: str | None = None, variable: str = PIN, desk: PinDesk | None = None
    ) -> None:
        self._given = given
        self._variable = variable
        self.desk = desk

    def __repr__(self) -> str:
        return f"Pins({self._variable})"

    def __reduce__(self) -> str:
        raise TypeError("a PIN is not to be copied out of this process")

    def pin(self, token: str, *, last_try: bool) -> str:
        """The PIN for a token. With one try left only a person is asked. Raises WrongPin."""
        word = None if last_try else self._given or os.environ.get(self._variable)
        if not word and self.desk is not None:
            word = self.desk.ask(token)
        if not word:
            raise self._missing(token, last_try=last_try)
        return _checked(word, token)

    def tell(self, token: str) -> None:
        """Say that the PIN is to be typed at the reader, if somebody is there."""
        if self.desk is not None:
            self.desk.tell(token)

    def _missing(self, token: str, *, last_try: bool) -> WrongPin:
        if last_try:
            return WrongPin(
                f"One more wrong PIN locks the token {token!r}, so only a PIN that is typed is "
                "tried.",
                hint="Repeat the command at a terminal, without a file or variable for the PIN.",
            )
        return WrongPin(
            f"The token {token!r} needs its PIN.",
            hint=f"Name --password-file FILE, or set {self._variable}."
            if self._variable == PIN
            else f"Set {self._variable}, or repeat the command at a terminal.",
        )


def _checked(word: str, token: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise WrongPin(f"This can't be the PIN of the token {token!r}.") from None
    return word
