"""A matter's card: its case number and its secret, for those who deposit in it.

    {"case_number":"2026-CV-1142","secret":"q5rV…","v":1}      (one line, RFC 8785)

Whoever has it can mark entries of the matter, and recognise all of them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field

from evidence_ledger.core import canonical
from evidence_ledger.core.matter import SIZE, MatterKeys, keys_of
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 4096
LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class MatterCard:
    """One matter; ``secret`` (32 bytes) is that from which the keys of its entries follow."""

    case_number: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.case_number != plain_name(self.case_number) or not self.case_number:
            raise FormatError(
                "matter.case-number", "A case number is not empty, and has no spaces around."
            )
        if any("\ud800" <= sign <= "\udfff" for sign in self.case_number):
            raise FormatError("matter.case-number", "A case number is Unicode text.")
        if len(self.case_number) > LONGEST_NAME:
            raise FormatError("matter.case-number", f"It has more than {LONGEST_NAME} signs.")
        if len(self.secret) != SIZE:
            raise FormatError("matter.secret", f"A matter's secret has {SIZE} bytes.")

    def keys(self, ledger: str) -> MatterKeys:
        """The matter's keys in the ledger with that origin."""
        return keys_of(self.secret, ledger)

    @property
    def label(self) -> str:
        """What tells this case number from others, in hex."""
        return hashlib.sha256(self.case_number.encode()).hexdigest()[:32]

    def encode(self) -> bytes:
        """The canonical bytes. They hold the secret."""
        secret = canonical.base64url_text(self.secret)
        return canonical.encode({"case_number": self.case_number, "secret": secret, "v": VERSION})


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
    if set(members) != {"case_number", "secret", "v"} or version is not VERSION:
        raise FormatError("matter.members", "A matter's card has case_number, secret, v.")
    name = members["case_number"]
    if not isinstance(name, str):
        raise FormatError("matter.case-number", "A case number is a text.")
    return MatterCard(name, canonical.base64url_bytes(members["secret"], where="matter.secret"))
