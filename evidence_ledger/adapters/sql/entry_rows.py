"""Entries with the documents beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import BindParameter, Connection, Dialect, bindparam, null, select

from evidence_ledger.adapters.sql.prepared import Insertion, Prepared, Row
from evidence_ledger.adapters.sql.schema import documents, entries
from evidence_ledger.core.chain import AppendedEntry
from evidence_ledger.errors import LedgerCorrupt
from evidence_ledger.stored import StoredEntry

_QUESTIONS_AT_ONCE = 512


class EntryRows:
    """Adds and reads entries."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._numbers: dict[int, Prepared] = {}
        self._questions = [f"asked{number}" for number in range(_QUESTIONS_AT_ONCE)]
        self._add_entry = Insertion(entries, dialect)
        self._add_document = Insertion(documents, dialect)
        number = entries.c.number
        joined = entries.outerjoin(documents, documents.c.entry == number)
        fixed = number, entries.c.data, entries.c.leaf_hash, entries.c.statement_hash
        whole = select(*fixed, documents.c.statement, documents.c.signature).select_from(joined)
        unsigned = select(*fixed, documents.c.statement, null()).select_from(joined)
        inside = (number >= bindparam("low"), number < bindparam("high"))
        self._range = Prepared(whole.where(*inside).order_by(number), dialect)
        self._unsigned = Prepared(unsigned.where(*inside).order_by(number), dialect)
        self._leaves = Prepared(
            select(number, entries.c.leaf_hash).where(*inside).order_by(number), dialect
        )

    def add(self, connection: Connection, appended: Sequence[AppendedEntry]) -> None:
        """Insert entries and documents."""
        self._add_entry.add(
            connection,
            [(one.index, one.entry, one.leaf_hash, one.statement_hash) for one in appended],
        )
        self._add_document.add(
            connection,
            [(one.index, one.admission.statement, one.admission.signature) for one in appended],
        )

    def rows(
        self, connection: Connection, start: int, stop: int, *, signatures: bool = True
    ) -> list[Row]:
        """Number, entry, leaf hash, statement hash, statement, signature; in order, as stored.

        Without ``signatures`` these are None.
        """
        query = self._range if signatures else self._unsigned
        return query.rows(connection, low=start, high=stop)

    def leaves(self, connection: Connection, start: int, stop: int) -> list[bytes]:
        """The stored leaf hashes of a range. Raises LedgerCorrupt where one is missing."""
        rows = self._leaves.rows(connection, low=start, high=stop)
        for number, (stored, leaf) in enumerate(rows, start):
            if stored != number or type(leaf) is not bytes or len(leaf) != 32:
                raise LedgerCorrupt(f"Entry {number} is missing or damaged.")
        return [leaf for _, leaf in rows]

    def numbers(self, connection: Connection, statements: Sequence[bytes]) -> dict[bytes, int]:
        """The entries of those statement hashes that are stored."""
        found: dict[bytes, int] = {}
        for at in range(0, len(statements), _QUESTIONS_AT_ONCE):
            wanted = statements[at : at + _QUESTIONS_AT_ONCE]
            names = self._questions[: 1 << (len(wanted) - 1).bit_length()]
            values = [*wanted, *[wanted[0]] * (len(names) - len(wanted))]
            asked = dict(zip(names, values, strict=True))
            found.update(self._known(len(names)).rows(connection, **asked))
        return found

    def _known(self, count: int) -> Prepared:
        """The question after ``count`` statement hashes: a power of two, so that there are few."""
        if count not in self._numbers:
            asked: list[BindParameter[bytes]] = [
                bindparam(name) for name in self._questions[:count]
            ]
            query = select(entries.c.statement_hash, entries.c.number)
            is_asked = entries.c.statement_hash.in_(asked)
            self._numbers[count] = Prepared(query.where(is_asked), self._dialect)
        return self._numbers[count]


def stored_entries(rows: Sequence[Row], start: int) -> Iterator[StoredEntry]:
    """Rows as entries numbered from ``start`` without a gap. Raises LedgerCorrupt."""
    for number, (stored, data, leaf, _, statement, signature) in enumerate(rows, start):
        types = (type(stored), type(data), type(leaf), type(statement), type(signature))
        if stored != number or not _are_sound(types):
            raise LedgerCorrupt(f"Entry {number} is missing or damaged.")
        yield StoredEntry(number, data, leaf, statement, signature)


def _are_sound(types: tuple[type, ...]) -> bool:
    number, data, leaf, *erasable = types
    fixed = number is int and data is bytes and leaf is bytes
    return fixed and all(kind in (bytes, type(None)) for kind in erasable)
