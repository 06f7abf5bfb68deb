"""A matter's card: its case number and its secret, for those who deposit in it.

    {"case_number":"2026-CV-1142","key":"q5rV…","v":1}      (one line, RFC 8785)

Whoever has it can mark entries of the matter, and recognise all of them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from evidence_ledger.core import canonical
from evidence_ledger.core.matter import LENGTH, MatterKey, secret_key
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 4096
LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class MatterCard:
    """One matter; ``key`` is that from which all keys of its entries follow."""

    case_number: str
    key: MatterKey

    def __post_init__(self) -> None:
        if self.case_number != plain_name(self.case_number) or not self.case_number:
            raise FormatError(
                "matter.case-number", "A case number is not empty, and has no spaces around."
            )
        if len(self.case_number) > LONGEST_NAME:
            raise FormatError("matter.case-number", f"It has more than {LONGEST_NAME} signs.")
        if self.key.number != LENGTH:
            raise FormatError("matter.key", "A matter's card has the key of all its entries.")

    @property
    def label(self) -> str:
        """What tells this case number from others, in hex."""
        return hashlib.sha256(self.case_number.encode()).hexdigest()[:32]

    def encode(self) -> bytes:
        """The canonical bytes. They hold the secret."""
        key = canonical.base64url_text(self.key.value)
        return canonical.encode({"case_number": self.case_number, "key": key, "v": VERSION})


def plain_name(case_number: str) -> str:
    """A case number as it is compared: Unicode's composed form, no white space around it."""
    return unicodedata.normalize("NFC", case_number).strip()


def parse(data: bytes) -> MatterCard:
    """The card whose canonical bytes are exactly ``data``. Raises FormatError, NewerFormat."""
    members = canonical.decode(data, what="matter", limit=LARGEST)
    if not isinstance(members, dict):
        raise FormatError("matter.members", "A matter's card is a JSON object.")
    version = members.get("v")
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat("matter.newer", f"The matter's card has version {version}.")
    if set(members) != {"case_number", "key", "v"} or version is not VERSION:
        raise FormatError("matter.members", "A matter's card has the members case_number, key, v.")
    name = members["case_number"]
    if not isinstance(name, str):
        raise FormatError("matter.case-number", "A case number is a text.")
    secret = canonical.base64url_bytes(members["key"], where="matter.key")
    return MatterCard(name, secret_key(secret))
