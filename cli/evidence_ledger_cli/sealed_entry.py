"""An entry that is there already: sealed, and what is said where its certificate fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evidence_ledger.errors import AuthorityError, AuthorityUnreachable, EvidenceError
from evidence_ledger_cli.output import hint
from evidence_ledger_cli.safe_text import safe_line

if TYPE_CHECKING:
    from evidence_ledger.desk import Desk


@contextmanager
def entered(index: int, what: str = "deposit") -> Iterator[None]:
    """Says of whatever fails in it that the entry is there, and how to get its certificate."""
    try:
        yield
    except EvidenceError:
        hint(
            f"The {what} is in the ledger already, as entry {index}. Repeat the same command "
            "for its certificate, when what is told next is mended."
        )
        raise


def sealed(desk: Desk, index: int) -> Sequence[AuthorityError]:
    """Seal everything new; who gave no time. Raises AuthorityUnreachable where nobody did."""
    result = desk.seal()
    if result.seal is not None and not result.seal.tokens and result.failures:
        raise AuthorityUnreachable(
            f"Entry {index} has no time: no authority gave one: {result.failures[0]}",
            hint="Nothing is lost. Repeat the same command later for the certificate.",
        )
    for refusal in dict.fromkeys(map(str, result.witness_failures)):
        hint(safe_line(f"No cosignature from one witness: {refusal}"))
    return result.failures
