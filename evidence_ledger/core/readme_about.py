"""What ``README.txt`` says of a statement about earlier entries, where that of a deposit is of its
file.
"""

from __future__ import annotations

from evidence_ledger.core.reference_text import about_text
from evidence_ledger.core.statement import ABOUT, Statement

_FILE = "2. The file is the one"
_CLAIMS = "3. The claims are those"
_NAMED = """\
2. The entries that it is about
-------------------------------

statement.json names them by index and leaf hash, which is the SHA-256 of a
zero byte and the entry.json of their own certificates.

    number=none sum=00
    grep -o '"refs":\\[{"index":[0-9]*,"leaf":"[0-9a-f]*"}' certificate/statement.json
    echo "ok: it is about an entry"

"""
_ATTESTED = """\
The claim attestation/certificate holds the SHA-256 of the certificate that was
attested. Where you have that, as attested.asice, compare it:

    if [ -e attested.asice ]; then
      attested=$(sha256sum attested.asice | cut -c1-64)
      grep '^{"path":"attestation/certificate"' certificate/claims.jsonl | grep -q "$attested"
    fi
    echo "ok: compared with what was attested, if that is here"

"""


def about_opening(parsed: Statement) -> str:
    """A paragraph on the entries that a statement names, or nothing."""
    said = about_text(parsed.refs).lstrip(", ")
    return "" if parsed.kind not in ABOUT else f"It is {said}.\n\n"


def about_steps(parsed: Statement, steps: str) -> str:
    """The steps for this statement: the second is of a file only where that may be."""
    if parsed.kind not in ABOUT:
        return steps
    start, end = steps.index(_FILE), steps.index(_CLAIMS)
    attested = _ATTESTED if parsed.kind == "attestation" else ""
    return steps[:start] + _NAMED + attested + steps[end:]
