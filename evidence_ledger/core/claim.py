"""Claims: separately disclosable, salted facts.

    {"path":"file/0","salt":"q5rV…","value":{"name":"lease.pdf","sha256":"9f86…","size":48211}}

The leaf hash is SHA-256(0x00 ‖ these bytes), so that a claim and its path through the tree of
claims prove it and reveal nothing about the others.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from evidence_ledger.core import canonical
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.digest import DIGEST_SIZE, Algorithm, Fingerprint
from evidence_ledger.errors import FormatError, UsageError

SALT_SIZE = 32
LARGEST = 64 * 1024
MOST = 1_000_000

_PATH = re.compile(r"[a-z][a-z0-9_]{0,31}(?:/[a-z0-9][a-z0-9_.-]{0,63}){1,3}", re.ASCII)
# 32 bytes end in two bits of padding, which are zero in the canonical form.
_SALT = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
_MEMBERS = {"path", "salt", "value"}
_MEMBER = {algorithm: algorithm.value for algorithm in Algorithm}
_SECTIONS = {"file": 0, "matter": 1, "origin": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """One fact: where it belongs (``file/0``, ``matter/case_number``), its salt, its value."""

    path: str
    salt: bytes
    value: Json

    def encode(self) -> bytes:
        """The canonical bytes. Raises UsageError where they would be above the limit."""
        salt = canonical.base64url_text(self.salt).encode()
        head = b'{"path":"' + self.path.encode("ascii") + b'","salt":"' + salt + b'","value":'
        data = head + canonical.encode(self.value) + b"}"
        if len(data) > LARGEST:
            raise UsageError(f"The claim {self.path} is larger than {LARGEST} bytes.")
        return data

    @property
    def section(self) -> str:
        """The first part of the path."""
        return self.path.partition("/")[0]


def checked_path(path: str) -> str:
    """``path`` if it is one. Raises FormatError."""
    if not _PATH.fullmatch(path):
        raise FormatError(
            "claim.path",
            f"{path[:80]!r} is no claim path.",
            hint="A claim path looks like origin/source: lower-case words with a slash.",
        )
    return path


def order(path: str) -> int:
    """The place of a claim's section in the tree: files, then matter, then origin, then others."""
    return _SECTIONS.get(path.partition("/")[0], len(_SECTIONS))


def parse(data: bytes) -> Claim:
    """The claim whose canonical bytes are exactly ``data``. Raises FormatError."""
    members = canonical.decode(data, what="claim", limit=LARGEST)
    if not isinstance(members, dict) or set(members) != _MEMBERS:
        raise FormatError("claim.members", "A claim has exactly the members path, salt, value.")
    path = members["path"]
    if not isinstance(path, str):
        raise FormatError("claim.path", "A claim's path is a text.")
    return Claim(checked_path(path), _salt(members["salt"]), members["value"])


def _salt(text: Json) -> bytes:
    if isinstance(text, str) and _SALT.fullmatch(text):
        return urlsafe_b64decode(text + "=")
    canonical.base64url_bytes(text, where="claim.salt")
    raise FormatError("claim.salt", f"A claim's salt has {SALT_SIZE} bytes.")


@dataclass(frozen=True, slots=True)
class FileFact:
    """The value of a ``file/N`` claim.

    ``name`` holds the exact bytes of the file's name, folders separated by ``/``; ``modified`` is
    the file system's time, a claim of the depositor's machine. ``digest_only`` marks a file that
    was never read: only its digest was typed in.
    """

    name: bytes
    fingerprint: Fingerprint
    media_type: str | None = None
    modified: datetime | None = None
    digest_only: bool = False

    def to_json(self) -> dict[str, Json]:
        """The claim's value. A name that is not UTF-8 stands as base64url in ``name_bytes``."""
        value: dict[str, Json] = dict(_name_member(self.name))
        for algorithm, digest in self.fingerprint.digests.items():
            value[_MEMBER[algorithm]] = digest.hex()
        if self.fingerprint.size is not None:
            value["size"] = self.fingerprint.size
        if self.media_type is not None:
            value["media_type"] = self.media_type
        if self.modified is not None:
            value["modified"] = canonical.time_text(self.modified)
        if self.digest_only:
            value["digest_only"] = True
        return value


def _name_member(name: bytes) -> tuple[tuple[str, str]]:
    try:
        return (("name", name.decode("utf-8")),)
    except UnicodeDecodeError:
        return (("name_bytes", canonical.base64url_text(name)),)


def file_fact(claim: Claim) -> FileFact:
    """The fact in a ``file/N`` claim; members it does not know are left alone.

    Raises FormatError.
    """
    value, where = claim.value, claim.path
    if not isinstance(value, dict):
        raise FormatError("claim.file", "A file claim's value is an object.", where=where)
    media_type = value.get("media_type")
    if media_type is not None and not isinstance(media_type, str):
        raise FormatError("claim.media-type", "A media type is a text.", where=where)
    modified = value.get("modified")
    return FileFact(
        name=_name(value, where),
        fingerprint=Fingerprint(_digests(value, where), _size(value, where)),
        media_type=media_type,
        modified=None if modified is None else canonical.time_of(modified, where=where),
        digest_only=_flag(value, where),
    )


def _name(value: Mapping[str, Json], where: str) -> bytes:
    name = value.get("name")
    if isinstance(name, str) and "name_bytes" not in value:
        return name.encode("utf-8")
    if name is None and "name_bytes" in value:
        return canonical.base64url_bytes(value["name_bytes"], where=where)
    raise FormatError("claim.name", "A file claim has either name or name_bytes.", where=where)


def _digests(value: Mapping[str, Json], where: str) -> dict[Algorithm, bytes]:
    digests = {
        algorithm: canonical.hex_bytes(value[member], DIGEST_SIZE[algorithm], where=where)
        for algorithm, member in _MEMBER.items()
        if member in value
    }
    if Algorithm.SHA256 not in digests:
        raise FormatError("claim.digest", "A file claim has no SHA-256.", where=where)
    return digests


def _flag(value: Mapping[str, Json], where: str) -> bool:
    if value.get("digest_only", True) is not True:
        raise FormatError("claim.digest-only", "digest_only is true or not there.", where=where)
    return "digest_only" in value


def _size(value: Mapping[str, Json], where: str) -> int | None:
    size = value.get("size")
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise FormatError("claim.size", "A file's size is a whole number.", where=where)
    return size
