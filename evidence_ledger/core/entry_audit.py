"""Stored entries recomputed from their bytes, a batch at a time (pure; rows come as stored).

A batch is encoded anew from its own parts and compared. Only where that does not come out equal is
each entry taken apart, to name the first one that is wrong and why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from evidence_ledger.core import canonical
from evidence_ledger.core.entry import KIND, ROLL, leaf_hash
from evidence_ledger.core.row_audit import AuditRow, broken_chain, check_row, turned_clock
from evidence_ledger.core.special import KINDS as SPECIAL
from evidence_ledger.core.statement_form import (
    PlainStatements,
    mark_of,
    may_have_mark,
    own_members,
)
from evidence_ledger.errors import FormatError

# Places in an entry, counted from its end: after the kind all lengths are fixed.
_KIND_END, _PREV, _PREV_END, _RECEIVED, _RECEIVED_END = -281, -271, -207, -193, -166
_SIGNATURE, _SIGNATURE_END = -151, -87
_MOMENT: Final = _RECEIVED_END - _RECEIVED
_BEFORE_MARK: Final = '","mark":"'
# A kind, with the mark behind it where there is one.
_KINDS: Final = re.compile(rf"{KIND.pattern}(?:{_BEFORE_MARK}[0-9a-f]{{64}})?", re.ASCII)


class Marked(NamedTuple):
    """An entry's number and mark; ``is_roll`` where it is the root over all marks before it."""

    number: int
    mark: bytes
    is_roll: bool


@dataclass(frozen=True, slots=True)
class SoundBatch:
    """Entries in order that are what they should be.

    ``prev`` is what the first names as the entry before; ``received`` are the first and last times
    as canonical text. ``seals`` are the numbers of those of kind ``seal``, ``special`` of those of
    the kinds in ``special.KINDS``; ``marks`` what those with a mark say.
    """

    leaves: list[bytes]
    prev: bytes
    received: tuple[str, str]
    seals: list[int]
    special: list[int]
    marks: list[Marked] = field(default_factory=list)


def check_batch(
    rows: Sequence[AuditRow],
    first: int,
    prev: bytes | None,
    received: str,
    origin: str | None = None,
    plain: PlainStatements | None = None,
) -> SoundBatch:
    """Check entries numbered from ``first``, not empty, behind ``prev`` and the time ``received``.

    ``prev`` is None where the entry before is not known. With ``origin``, each statement must be of
    its entry's kind and for that ledger. ``plain`` is what ``plain_statements`` finds in the
    statements, where it was asked: it makes this faster. Raises Refused at the first wrong entry,
    Undecided for one of a newer version.
    """
    try:
        found = _compare(rows, first, prev, received, origin, plain)
    except (TypeError, ValueError, AttributeError, FormatError):
        found = None
    return found or _take_apart(rows, first, prev, received, origin)


def _compare(
    rows: Sequence[AuditRow],
    first: int,
    prev: bytes | None,
    received: str,
    origin: str | None,
    plain: PlainStatements | None,
) -> SoundBatch | None:
    numbers, entries, leaves, keys, statements, signatures = zip(*rows, strict=True)
    sha256 = hashlib.sha256
    found = [sha256(b"\x00" + data).digest() for data in entries]
    if found != list(leaves) or numbers != tuple(range(first, first + len(rows))):
        return None
    texts = [data.decode("ascii") for data in entries]
    if prev is None:
        prev = bytes.fromhex(texts[0][_PREV:_PREV_END])
    moments = [text[_RECEIVED:_RECEIVED_END] for text in texts]
    kinds = _kinds(texts, first)
    parts = zip(
        numbers,
        kinds,
        [leaf.hex() for leaf in (prev, *found[:-1])],
        moments,
        _signature_hashes(signatures, texts),
        _statement_hashes(statements, keys),
        strict=True,
    )
    if _entry_texts(parts) != texts or not _are_in_order(received, moments):
        return None
    marks = _marks(kinds, first)
    if not _are_marked(statements, first, marks, plain):
        return None
    if not _are_own(statements, kinds, origin, plain):
        return None
    seals = [number for number, kind in enumerate(kinds, first) if kind == "seal"]
    unmarked = [text.partition(_BEFORE_MARK)[0] for text in kinds] if marks else kinds
    special = [] if SPECIAL.isdisjoint(unmarked) else _special(unmarked, first)
    times = (moments[0], moments[-1])
    return SoundBatch(found, prev, times, seals, special, list(marks.values()))


def _special(kinds: Sequence[str], first: int) -> list[int]:
    return [number for number, kind in enumerate(kinds, first) if kind in SPECIAL]


def _entry_texts(parts: Iterable[tuple[int, str, str, str, str, str]]) -> list[str]:
    return [
        f'{{"index":{index},"kind":"{kind}","prev":"{prev}","received":"{received}",'
        f'"signature":"{signature}","statement":"{statement}","v":1}}'
        for index, kind, prev, received, signature, statement in parts
    ]


def _kinds(texts: Sequence[str], first: int) -> list[str]:
    start, last = len('{"index":,"kind":"'), first + len(texts) - 1
    digits = len(str(first))
    if digits == len(str(last)):
        kinds = [text[start + digits : _KIND_END] for text in texts]
    else:
        kinds = [text[start + len(str(n)) : _KIND_END] for n, text in enumerate(texts, first)]
    if not all(map(_KINDS.fullmatch, set(kinds))):
        raise ValueError
    return kinds


def _marks(kinds: Sequence[str], first: int) -> dict[int, Marked]:
    """By their numbers, the entries whose kind is followed by a mark. Raises ValueError."""
    found = {}
    if not any(_BEFORE_MARK in text for text in {*kinds}) and ROLL not in kinds:
        return {}
    for number, text in enumerate(kinds, first):
        kind, _, mark = text.partition(_BEFORE_MARK)
        if mark:
            found[number] = Marked(number, bytes.fromhex(mark), kind == ROLL)
        if (kind == ROLL and not mark) or (kind == "seal" and mark):
            raise ValueError
    return found


def _are_marked(
    statements: Sequence[bytes | None],
    first: int,
    marks: Mapping[int, Marked],
    plain: PlainStatements | None,
) -> bool:
    """Whether the entries have the marks that their statements demand. Raises ValueError."""
    if not marks and not _may_have_marks(statements, plain):
        return True
    for number, one in enumerate(statements, first):
        marked = marks.get(number)
        if one is not None and mark_of(one) != (marked.mark if marked else None):
            return False
    return True


def _may_have_marks(statements: Sequence[bytes | None], plain: PlainStatements | None) -> bool:
    if plain is not None:
        return any(plain.openings)
    return may_have_mark(b"".join([one for one in statements if one is not None]))


def _statement_hashes(statements: Sequence[bytes | None], keys: Sequence[bytes]) -> list[str]:
    named = [key.hex() for key in keys]
    if _hashes(statements, named) != named:
        raise ValueError
    return named


def _signature_hashes(signatures: Sequence[bytes | None], texts: Sequence[str]) -> list[str]:
    if None not in signatures:
        return _hashes(signatures, ())
    named = [text[_SIGNATURE:_SIGNATURE_END] for text in texts]
    if not canonical.is_hex("".join(named)):
        raise ValueError
    return _hashes(signatures, named)


def _hashes(documents: Sequence[bytes | None], named: Sequence[str]) -> list[str]:
    """The SHA-256 of each in hex; for one that is not there, what the entry names."""
    sha256 = hashlib.sha256
    if None not in documents:
        return [sha256(one).hexdigest() for one in cast("Sequence[bytes]", documents)]
    pairs = zip(documents, named, strict=True)
    return [name if one is None else sha256(one).hexdigest() for one, name in pairs]


def _are_in_order(before: str, moments: list[str]) -> bool:
    """True for canonical times that never go back: their texts then sort as they do."""
    for second in {moment[:19] for moment in moments}:
        canonical.time_of(second + "Z", where="received")
    text, count = "".join(moments), len(moments)
    if len(text) != _MOMENT * count or (text[19::_MOMENT], text[26::_MOMENT]) != (
        "." * count,
        "Z" * count,
    ):
        return False
    if not all(text[at::_MOMENT].isdigit() for at in range(20, 26)):
        return False
    return before <= moments[0] and moments == sorted(moments)


def _take_apart(
    rows: Sequence[AuditRow],
    first: int,
    prev: bytes | None,
    received: str,
    origin: str | None,
) -> SoundBatch:
    leaves, moments, kinds, marks, before = [], [], list[str](), [], prev
    for number, row in enumerate(rows, first):
        parsed = check_row(row, number, origin)
        if before is not None and parsed.prev != before:
            raise broken_chain(number)
        moments.append(canonical.time_text(parsed.received, microseconds=True))
        if moments[-1] < received:
            raise turned_clock(number)
        prev = parsed.prev if prev is None else prev
        received = moments[-1]
        before = leaf_hash(row[1])
        leaves.append(before)
        kinds.append(parsed.kind)
        if parsed.mark is not None:
            marks.append(Marked(number, parsed.mark, parsed.kind == ROLL))
    seals = [number for number, kind in enumerate(kinds, first) if kind == "seal"]
    times = (moments[0], moments[-1])
    return SoundBatch(leaves, prev or b"", times, seals, _special(kinds, first), marks)


def _are_own(
    statements: Sequence[bytes | None],
    kinds: Sequence[str],
    origin: str | None,
    plain: PlainStatements | None,
) -> bool:
    """Whether the statements are of their entries' kinds, and for the ledger ``origin``."""
    if origin is None:
        return True
    names = {kind: kind.partition(_BEFORE_MARK)[0] for kind in {*kinds}}
    if plain is not None:
        written = {kind: name.encode("ascii") for kind, name in names.items()}
        named = tuple([written[kind] for kind in kinds])
        return {*plain.ledgers} == {origin.encode()} and plain.kinds == named
    own = {kind: own_members(name, origin) for kind, name in names.items()}
    pairs = zip(kinds, statements, strict=True)
    return False not in [one is None or own[kind] in one for kind, one in pairs]
