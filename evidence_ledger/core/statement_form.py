"""Statements as most programs write them, read at a glance: what an audit asks of each of them.

A pattern takes plain statements, those without references and of a kind that anybody signs. It
takes only what ``statement.parse`` takes, which reads all others and says what is wrong with them.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast

from evidence_ledger.core import matter, statement
from evidence_ledger.core.canonical import is_hex
from evidence_ledger.core.statement import Statement, TreePoint

_HASH: Final = "[0-9a-f]{64}"
_COUNT: Final = "(?:0|[1-9][0-9]{0,14})"
_KINDS: Final = "|".join(sorted(statement.MARKABLE))
_ORIGIN: Final = r"[\x21\x23-\x2a\x2c-\x5b\x5d-\x7e]{1,255}"
# Days that every year has.
_MADE: Final = (
    "[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
# 16 bytes: the last sign carries two bits.
_NONCE: Final = "[A-Za-z0-9_-]{21}[AQgw]"


def _line(opened: str, hash_form: str = _HASH) -> str:
    """The pattern. With ``opened`` a parenthesis, what only a whole reading needs is a group."""
    return (
        rf'\{{"after":\{{"root":"({hash_form})","size":{opened}{_COUNT})\}},'
        rf'"claims":\{{"count":({_COUNT}),"root":"({hash_form})"\}},'
        rf'"kind":"({_KINDS})","ledger":"({_ORIGIN})","made":"{opened}{_MADE})",'
        rf'"nonce":"{opened}{_NONCE})",(?:"opening":"({hash_form})",)?"refs":\[\],'
        rf'"signer":"({hash_form})","v":1\}}'
    )


_LINE: Final = _line("(?:")
_AFTER_SIZE: Final = 91
_PLAIN: Final = re.compile(_LINE.encode("ascii"))
_WHOLE: Final = re.compile(_line("("))
# Any 64 signs instead of a hash: whether they are one is asked of all of them at once.
_LINES: Final = re.compile(f"^{_line('(?:', '.{64}')}$".encode("ascii"), re.MULTILINE)


class PlainStatements(NamedTuple):
    """What is asked of plain statements in order, as written: the roots of the tree that they come
    after, the counts and roots of their claims, their kinds and ledgers, their openings (empty for
    none) and signers."""

    after: tuple[bytes, ...] = ()
    counts: tuple[bytes, ...] = ()
    roots: tuple[bytes, ...] = ()
    kinds: tuple[bytes, ...] = ()
    ledgers: tuple[bytes, ...] = ()
    openings: tuple[bytes, ...] = ()
    signers: tuple[bytes, ...] = ()


def plain_statements(statements: Sequence[bytes | None]) -> PlainStatements | None:
    """What is asked of statements of which every one is there and plain; None where one is not.

    What is no statement at all, in a damaged database, is not plain either.
    """
    if not statements:
        return PlainStatements()
    try:
        text = b"\n".join(cast("Sequence[bytes]", statements))
    except TypeError:
        return None
    # No plain statement holds a line's end, and no match goes beyond one.
    if text.count(b"\n") != len(statements) - 1:
        return None
    lines = _LINES.findall(text)
    if len(lines) != len(statements):
        return None
    found = PlainStatements(*zip(*lines, strict=True))
    hashes = b"".join([*found.roots, *{*found.after, *found.openings, *found.signers}])
    return found if is_hex(hashes.decode("ascii", "replace")) else None


_OPENING: Final = b',"opening":"'
_ROLL: Final = b',"roll":"'


def may_have_mark(data: bytes) -> bool:
    """False where no statement among these bytes demands a mark."""
    return _OPENING in data or _ROLL in data


def mark_of(data: bytes) -> bytes | None:
    """The mark that the entry of a statement must have; None for none. Raises ValueError.

    Only for what is a statement: within its texts no quotation mark stands without a backslash.
    """
    if _OPENING in data:
        return matter.mark_of(_behind(data, _OPENING))
    return _behind(data, _ROLL) if _ROLL in data else None


def own_members(kind: str, origin: str | None = None) -> bytes:
    """What stands in every statement of a kind, and for a ledger where that is given, and in no
    other. Only for what is a statement, as for ``mark_of``."""
    if origin is None:
        return f'"kind":"{kind}","ledger":"'.encode("ascii")
    text = origin.replace("\\", "\\\\").replace('"', '\\"')
    return f'"kind":"{kind}","ledger":"{text}","'.encode("ascii")


def _behind(data: bytes, name: bytes) -> bytes:
    at = data.index(name) + len(name)
    return bytes.fromhex(data[at : at + 64].decode("ascii", "replace"))


def statement_of(data: bytes) -> Statement:
    """``statement.parse``, but sooner where the statement is plain."""
    whole = _WHOLE.fullmatch(data.decode("ascii")) if data.isascii() else None
    if whole is None:
        return statement.parse(data)
    root, size, count, claims, kind, ledger, made, nonce, opening, signer = whole.groups()
    return Statement(
        kind=kind,
        ledger=ledger,
        claims=TreePoint(int(count), bytes.fromhex(claims)),
        signer=bytes.fromhex(signer),
        made=datetime.fromisoformat(made),
        after=TreePoint(int(size), bytes.fromhex(root)),
        nonce=urlsafe_b64decode(f"{nonce}=="),
        opening=None if opening is None else bytes.fromhex(opening),
    )


def claims_of(data: bytes) -> TreePoint:
    """The ``claims`` of the statement that is all of ``data``. Raises FormatError, NewerFormat."""
    plain = _PLAIN.fullmatch(data)
    if plain is None:
        return statement.parse(data).claims
    return TreePoint(int(plain[2]), bytes.fromhex(plain[3].decode("ascii")))


def after_of(data: bytes) -> TreePoint:
    """The ``after`` of the statement that is all of ``data``. Raises FormatError, NewerFormat."""
    plain = _PLAIN.fullmatch(data)
    if plain is None:
        return statement.parse(data).after
    size = data[_AFTER_SIZE : data.index(b"}")]
    return TreePoint(int(size), bytes.fromhex(plain[1].decode("ascii")))


def signer_of(data: bytes) -> bytes:
    """The ``signer`` (32 bytes) of the statement that is all of ``data``.

    Raises FormatError, NewerFormat.
    """
    plain = _PLAIN.fullmatch(data)
    if plain is None:
        return statement.parse(data).signer
    return bytes.fromhex(plain[7].decode("ascii"))
