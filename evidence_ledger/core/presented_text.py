"""What is said of the files that lie beside a certificate, where none of them is another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evidence_ledger.core.counting import counted
from evidence_ledger.core.presented_file import PresentedFile

NOT_COMPARED: Final = (
    "No file was presented: whether a file that you have is the one that was deposited was not "
    "checked."
)


def a_kind(kind: str) -> str:
    """A kind of statement with its article, to begin a sentence."""
    return f"{'An' if kind[0] in 'aeio' else 'A'} {kind}"


def presented(files: Sequence[PresentedFile]) -> str:
    """What was found of files that match; of a digest alone nobody says what file it is of."""
    bare = sum(one.fingerprint.size is None for one in files)
    seen, fingerprints = len(files) - bare, counted(bare, "fingerprint")
    if not bare:
        return f"{counted(seen, 'file')} presented, unaltered"
    if not seen:
        return f"{fingerprints} presented, as deposited, and no file"
    return f"{counted(seen, 'file')} presented, unaltered, and {fingerprints}, as deposited"


def none_presented(kind: str, inside: int, count: int) -> str:
    """Where nobody laid a file beside: ``inside`` are in the certificate, of ``count`` it shows."""
    if inside:
        return f"No file was presented; inside, unaltered: {inside:,} of {counted(count, 'file')}."
    if count:
        these = "the fingerprint" if count == 1 else f"the {count:,} fingerprints"
        return f"No file was presented, and none is inside: nothing was compared with {these}."
    if kind == "deposit":
        return "The certificate shows no file, and none was presented: nothing was compared."
    return f"{a_kind(kind)} is about no file: there is nothing to compare."
