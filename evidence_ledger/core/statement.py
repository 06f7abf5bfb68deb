"""What an author signs.

    {"after":{"root":"e3b0…","size":0},"claims":{"count":1,"root":"5f2c…"},"kind":"deposit",
     "ledger":"local/3f9c","made":"2026-11-22T10:00:00Z","nonce":"VbZ…","refs":[],
     "signer":"77ab…","v":1}                            (one line, RFC 8785)

``signer`` is the SHA-256 of the signer's X.509 certificate; ``made`` the author's clock;
``after`` the newest checkpoint that the author has seen (size 0 and the empty tree's root for
none). A statement of kind ``seal``, ``roll``, ``administration`` or ``grant`` has one more member,
named so; ``roll`` is the root over the marks of all entries before it (see ``core.roll``). One that
belongs to a matter has ``opening``, of which the entry's mark follows (see ``core.matter``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from evidence_ledger.core import canonical
from evidence_ledger.core.administration import Act, act_json, parse_act
from evidence_ledger.core.canonical import Json
from evidence_ledger.core.grant import Grant, parse_grant
from evidence_ledger.core.matter import mark_of
from evidence_ledger.errors import FormatError, NewerFormat

VERSION = 1
LARGEST = 256 * 1024
NONCE_SIZE = 16
MOST_REFS = 256
MARKABLE = frozenset({"deposit", "attestation", "order", "handover", "erasure"})
ABOUT = MARKABLE - {"deposit"}
"""Kinds that say something of earlier entries: their refs name at least one, and each once."""
LONGER = frozenset({"seal", "roll", "administration", "grant"})
"""Kinds with one more member, which has the kind's name."""
KINDS = MARKABLE | LONGER | {"rotation"}
OWN_KINDS = frozenset({"seal", "roll"})
"""Those that only the ledger itself appends."""

_MEMBERS = {"after", "claims", "kind", "ledger", "made", "nonce", "refs", "signer", "v"}
_ORIGIN = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,255}", re.ASCII)


class TreePoint(NamedTuple):
    """The size and root of a tree."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier entry, by index and leaf hash."""

    index: int
    leaf: bytes

    def to_json(self) -> dict[str, Json]:
        """As it stands in a statement."""
        return {"index": self.index, "leaf": self.leaf.hex()}


@dataclass(frozen=True, slots=True)
class SealFact:
    """What a seal's statement adds: the sealed tree, and SHA-256s of its tokens and cosignatures.

    ``checkpoint`` is the SHA-256 of the log-signed note.
    """

    checkpoint: bytes
    size: int
    root: bytes
    tokens: tuple[bytes, ...]
    cosignatures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; see the module for the members."""

    kind: str
    ledger: str
    claims: TreePoint
    signer: bytes
    made: datetime
    after: TreePoint
    nonce: bytes
    refs: tuple[Reference, ...] = ()
    seal: SealFact | None = None
    opening: bytes | None = None
    roll: bytes | None = None
    administration: Act | None = None
    grant: Grant | None = None

    @property
    def mark(self) -> bytes | None:
        """The mark (32 bytes) that its entry must have, if any."""
        return self.roll if self.opening is None else mark_of(self.opening)

    def encode(self) -> bytes:
        """The canonical bytes."""
        members: dict[str, Json] = {
            "after": {"root": self.after.root.hex(), "size": self.after.size},
            "claims": {"count": self.claims.size, "root": self.claims.root.hex()},
            "kind": self.kind,
            "ledger": self.ledger,
            "made": canonical.time_text(self.made),
            "nonce": canonical.base64url_text(self.nonce),
            "refs": [ref.to_json() for ref in self.refs],
            "signer": self.signer.hex(),
            "v": VERSION,
        }
        if self.seal is not None:
            members["seal"] = _seal_json(self.seal)
        if self.opening is not None:
            members["opening"] = self.opening.hex()
        if self.roll is not None:
            members["roll"] = self.roll.hex()
        if self.administration is not None:
            members["administration"] = act_json(self.administration)
        if self.grant is not None:
            members["grant"] = self.grant.to_json()
        return canonical.encode(members)


def _seal_json(seal: SealFact) -> dict[str, Json]:
    return {
        "checkpoint": seal.checkpoint.hex(),
        "cosignatures": [digest.hex() for digest in seal.cosignatures],
        "root": seal.root.hex(),
        "size": seal.size,
        "tokens": [digest.hex() for digest in seal.tokens],
    }


def parse(data: bytes) -> Statement:
    """The statement whose canonical bytes are exactly ``data``. Raises FormatError, NewerFormat."""
    members = canonical.decode(data, what="statement", limit=LARGEST)
    if not isinstance(members, dict):
        raise FormatError("statement.malformed", "A statement is a JSON object.")
    kind = _known(members)
    if set(members) != _MEMBERS | _further(kind, members):
        raise FormatError(
            "statement.members", "The statement's members are not those it must have."
        )
    refs = _refs(members["refs"])
    if kind == "grant" and len(refs) != 1:
        raise FormatError("grant.refs", "A grant has one reference: the entry that it is about.")
    return Statement(
        kind=kind,
        ledger=origin(members["ledger"]),
        claims=_point(members["claims"], "count", "statement.claims"),
        signer=canonical.hex_bytes(members["signer"], 32, where="statement.signer"),
        made=canonical.time_of(members["made"], where="statement.made"),
        after=_point(members["after"], "size", "statement.after"),
        nonce=_nonce(members["nonce"]),
        refs=refs,
        seal=_seal(members["seal"]) if kind == "seal" else None,
        opening=_bytes(members, "opening"),
        roll=_bytes(members, "roll"),
        administration=parse_act(members[kind]) if kind == "administration" else None,
        grant=parse_grant(members[kind]) if kind == "grant" else None,
    )


def _further(kind: str, members: Mapping[str, Json]) -> set[str]:
    """The members that a statement of this kind has besides those that all have."""
    if kind in LONGER:
        return {kind}
    return {"opening"} if kind in MARKABLE and "opening" in members else set()


def _bytes(members: Mapping[str, Json], name: str) -> bytes | None:
    if name not in members:
        return None
    return canonical.hex_bytes(members[name], 32, where=f"statement.{name}")


def origin(value: Json) -> str:
    """A ledger's origin: the name in its checkpoints; no spaces and no plus. Raises FormatError."""
    if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
        raise FormatError(
            "statement.ledger", "A ledger's origin is 1 to 255 printable ASCII signs."
        )
    return value


def _known(members: Mapping[str, Json]) -> str:
    version, kind = members.get("v"), members.get("kind")
    if version != VERSION or isinstance(version, bool):
        if isinstance(version, int) and version > VERSION:
            raise NewerFormat("statement.newer", f"The statement has version {version}.")
        raise FormatError("statement.version", "The statement has no version 1.")
    if not isinstance(kind, str):
        raise FormatError("statement.kind", "The statement's kind is not a text.")
    if kind not in KINDS:
        raise NewerFormat("statement.kind-newer", f"The statement's kind {kind[:40]!r} is unknown.")
    return kind


def _object(value: Json, members: set[str], where: str) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != members:
        names = ", ".join(sorted(members))
        raise FormatError("statement.member", f"Must be an object of {names}.", where=where)
    return value


def _count(value: Json, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FormatError("statement.count", "Must be a whole number.", where=where)
    return value


def _point(value: Json, size: str, where: str) -> TreePoint:
    members = _object(value, {size, "root"}, where)
    return TreePoint(
        _count(members[size], where), canonical.hex_bytes(members["root"], 32, where=where)
    )


def _nonce(value: Json) -> bytes:
    nonce = canonical.base64url_bytes(value, where="statement.nonce")
    if len(nonce) != NONCE_SIZE:
        raise FormatError("statement.nonce", f"A nonce has {NONCE_SIZE} bytes.")
    return nonce


def _list(value: Json, where: str) -> list[Json]:
    if not isinstance(value, list) or len(value) > MOST_REFS:
        raise FormatError("statement.list", f"Must be a list of at most {MOST_REFS}.", where=where)
    return value


def _refs(value: Json) -> tuple[Reference, ...]:
    where = "statement.refs"
    items = [_object(item, {"index", "leaf"}, where) for item in _list(value, where)]
    return tuple(
        Reference(_count(item["index"], where), canonical.hex_bytes(item["leaf"], 32, where=where))
        for item in items
    )


def _seal(value: Json) -> SealFact:
    where = "statement.seal"
    names = {"checkpoint", "cosignatures", "root", "size", "tokens"}
    members = _object(value, names, where)
    return SealFact(
        checkpoint=canonical.hex_bytes(members["checkpoint"], 32, where=where),
        size=_count(members["size"], where),
        root=canonical.hex_bytes(members["root"], 32, where=where),
        tokens=_digests(members["tokens"], where),
        cosignatures=_digests(members["cosignatures"], where),
    )


def _digests(value: Json, where: str) -> tuple[bytes, ...]:
    return tuple(canonical.hex_bytes(item, 32, where=where) for item in _list(value, where))
