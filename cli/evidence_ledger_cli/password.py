"""Passwords of key files: from a file, or typed without being shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from evidence_ledger.errors import UsageError, WrongPassword
from evidence_ledger_cli.input_file import read_text

T = TypeVar("T")

_LARGEST = 4096

password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file whose first line is the key's password; else it is asked for.",
)


def password_in(path: Path | None) -> str | None:
    """The first line of a file. Raises FileUnreadable, FormatError."""
    if path is None:
        return None
    return read_text(path, _LARGEST).partition("\n")[0].removesuffix("\r")


def with_password(open_key: Callable[[str | None], T], path: Path | None) -> T:
    """What ``open_key`` opens, asking for the password where one is needed and somebody is there.

    Raises WrongPassword and what ``open_key`` raises.
    """
    password = password_in(path)
    try:
        return open_key(password)
    except WrongPassword:
        if password is not None or not sys.stdin.isatty():
            raise
    return open_key(click.prompt("Password of the key", hide_input=True, err=True))


def new_password(path: Path | None, *, none: bool) -> str | None:
    """The password for a key that is about to be stored, or None where none is wanted.

    Raises UsageError where it can neither be read nor asked for.
    """
    if none:
        return None
    if path is not None:
        return password_in(path) or None
    if not sys.stdin.isatty():
        raise UsageError(
            "The key needs a password.", hint="Name --password-file FILE, or say --no-password."
        )
    word: str = click.prompt(
        "Password for the key", hide_input=True, confirmation_prompt=True, err=True
    )
    return word
