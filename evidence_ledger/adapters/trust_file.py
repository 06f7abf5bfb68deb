"""Trust policies as files."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from evidence_ledger.adapters.file_errors import input_errors
from evidence_ledger.core import trust_policy
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger.errors import FormatError


def read_trust(path: Path) -> TrustPolicy:
    """The trust policy in a file. Raises FileUnreadable, FormatError, NewerFormat."""
    with input_errors(path), path.open("rb") as file:
        return read_open_trust(file, path)[0]


def read_open_trust(file: BinaryIO, path: Path) -> tuple[TrustPolicy, bytes]:
    """The same of an open file, with its bytes; ``path`` names it in errors.

    Raises FileUnreadable, FormatError, NewerFormat.
    """
    with input_errors(path):
        data = file.read(trust_policy.LARGEST + 1)
    if len(data) > trust_policy.LARGEST:
        raise FormatError(
            "policy.too-large",
            f"A trust policy has at most {trust_policy.LARGEST} bytes.",
            where=str(path),
        )
    try:
        return trust_policy.parse(data.decode("utf-8")), data
    except UnicodeDecodeError as error:
        raise FormatError(
            "policy.utf8", "The trust policy is not UTF-8 text.", where=str(path)
        ) from error
    except FormatError as error:
        error.hint = error.hint or f"Name a trust policy, or mend this one: {path}"
        raise
