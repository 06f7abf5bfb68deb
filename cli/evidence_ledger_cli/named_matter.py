"""The matter that a deposit names by its case number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evidence_ledger.errors import FormatError, UsageError

if TYPE_CHECKING:
    from evidence_ledger.adapters.matter_book import MatterBook
    from evidence_ledger.core.matter_card import MatterCard
    from evidence_ledger.desk import Field

CASE_NUMBER = "matter/case_number"


def matter_of(book: MatterBook, fields: Sequence[Field]) -> MatterCard | None:
    """The card of the matter, made where it is the first deposit; None where none is named."""
    names = [value for path, value in fields if path == CASE_NUMBER]
    if not names or not isinstance(names[0], str):
        return None
    try:
        return book.card(names[0])
    except FormatError as error:
        raise UsageError(f"{names[0][:80]!r} is no case number: {error.message}") from error
