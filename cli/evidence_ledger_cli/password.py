"""Passwords of key files and PINs of tokens: from a file, or typed without being shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from evidence_ledger.errors import UsageError, WrongPassword
from evidence_ledger_cli import options
from evidence_ledger_cli.input_file import read_text
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.safe_text import safe_line

T = TypeVar("T")

_LARGEST = 4096

password_file = click.option(
    "--password-file",
    type=options.input_file(),
    metavar="FILE",
    help="A file whose first line is the key's password or PIN; else it is asked for.",
)


def password_in(path: Path | None) -> str | None:
    """The first line of a file, without the mark that some editors put before it.

    Raises FileUnreadable, FormatError.
    """
    if path is None:
        return None
    line = read_text(path, _LARGEST).partition("\n")[0]
    return line.removeprefix("\ufeff").removesuffix("\r")


def with_password(open_key: Callable[[str | None], T], path: Path | None) -> T:
    """What ``open_key`` opens, asking for the password where one is needed and somebody is there.

    A signer, or an author, whose key is in a token is unlocked. Raises WrongPassword and what
    ``open_key`` and the token raise.
    """
    key = opened(open_key, path)
    signer = getattr(key, "signer", key)
    attend(signer)
    if (unlock := getattr(signer, "unlock", None)) is not None:
        unlock()
    return key


def opened(open_key: Callable[[str | None], T], path: Path | None) -> T:
    """The same, without touching a token. Raises WrongPassword and what ``open_key`` raises."""
    password = password_in(path)
    try:
        return open_key(password)
    except WrongPassword:
        if password is not None or not sys.stdin.isatty():
            raise
    return open_key(click.prompt("Password of the key", hide_input=True, err=True))


class Terminal:
    """A person who can be asked for the PIN of a token, where there is a terminal."""

    def ask(self, token: str) -> str | None:
        """The PIN as it is typed."""
        if not sys.stdin.isatty():
            return None
        word: str = click.prompt(
            safe_line(f"PIN of the token {token!r}"), hide_input=True, err=True
        )
        return word

    def tell(self, token: str) -> None:
        """Say that the reader waits for it."""
        hint(safe_line(f"Type the PIN of the token {token!r} at its reader."))


def attend(signer: object) -> None:
    """Let the signer ask for the PIN of its token, if it is in one."""
    if (attended := getattr(signer, "attend", None)) is not None:
        attended(Terminal())


def new_password(path: Path | None, *, none: bool) -> str | None:
    """The password for a key that is about to be stored, or None where none is wanted.

    Raises UsageError where it can neither be read nor asked for.
    """
    if none:
        return None
    if path is not None:
        if not (password := password_in(path)):
            raise UsageError(
                f"The first line of {path.name} is empty: it is no password.",
                hint="To store the key without a password, say --no-password.",
            )
        return password
    if not sys.stdin.isatty():
        raise UsageError(
            "The key needs a password.", hint="Name --password-file FILE, or say --no-password."
        )
    word: str = click.prompt(
        "Password for the key", hide_input=True, confirmation_prompt=True, err=True
    )
    return word
