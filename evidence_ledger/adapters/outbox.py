"""Signed deposits on their way to a ledger.

A deposit is kept here from before it is handed in until its certificate is written, so that the
same command, repeated after an interruption, hands in the same bytes and gets the same entry.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from evidence_ledger.adapters.durable_file import sync_folder, write_new
from evidence_ledger.adapters.file_errors import input_errors, output_errors
from evidence_ledger.core.admission import SignedStatement

_STATEMENT, _SIGNATURE, _CLAIMS = "statement.json", "statement.json.p7s", "claims.jsonl"


class Outbox:
    """A folder with one folder a pending deposit, named by the deposit's own key (hex)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, key: str, make: Callable[[], SignedStatement]) -> SignedStatement:
        """The deposit kept under ``key``, or a new one from ``make``, durable on return.

        Raises OutputUnwritable.
        """
        place = self._folder / key
        if place.is_dir():
            return _read(place)
        signed = make()
        with output_errors(place):
            return signed if _write(self._folder, place, signed) else _read(place)

    def drop(self, key: str) -> None:
        """Forget a deposit whose certificate is written, and what interrupted programs left."""
        gone = _draft(self._folder, key)
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            # Away at once: an interruption must not leave half a deposit to be found.
            (self._folder / key).rename(gone)
        for draft in self._folder.glob("*.*.part"):
            if not _is_in_use(draft):
                shutil.rmtree(draft, ignore_errors=True)

    def forget(self, statements: Collection[bytes]) -> None:
        """Drop those whose statements (SHA-256) were erased from the ledger."""
        for place in list(self._folder.iterdir()) if self._folder.is_dir() else ():
            with suppress(OSError):
                data = (place / _STATEMENT).read_bytes()
                if hashlib.sha256(data).digest() in statements:
                    self.drop(place.name)


def _draft(folder: Path, key: str) -> Path:
    return folder / f"{key}.{os.getpid()}.part"


def _is_in_use(draft: Path) -> bool:
    """True where another program that still runs may be writing the draft."""
    number = draft.name.split(".")[1]
    if not number.isdecimal() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _read(place: Path) -> SignedStatement:
    with input_errors(place):
        claims = (place / _CLAIMS).read_bytes().split(b"\n")[:-1]
        return SignedStatement(
            (place / _STATEMENT).read_bytes(), (place / _SIGNATURE).read_bytes(), claims
        )


def _write(folder: Path, place: Path, signed: SignedStatement) -> bool:
    """False where another program was first."""
    draft = _draft(folder, place.name)
    try:
        _fill(draft, signed)
        draft.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        return False
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync_folder(folder)
    return True


def _fill(draft: Path, signed: SignedStatement) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    write_new(draft / _STATEMENT, signed.statement)
    write_new(draft / _SIGNATURE, signed.signature)
    write_new(draft / _CLAIMS, b"".join(claim + b"\n" for claim in signed.claims))
