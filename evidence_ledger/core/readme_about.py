"""What ``README.txt`` says where no file is shown: of statements about earlier entries, and of
certificates that withhold their files.
"""

from __future__ import annotations

from collections.abc import Sequence

from evidence_ledger.core.attestation import CERTIFICATE
from evidence_ledger.core.reference_text import about_text
from evidence_ledger.core.statement import ABOUT, Statement

NEED = """\
You need the certificate and, for step 6, the root X.509 certificates of the
timestamp authorities. Get those from the authorities, never from the
container. The commands below call them certificate.asice and roots.pem.

"""
SHOWN = """\
What this has shown
-------------------

The statement existed at the time that the authorities give, and has not
changed since. Whether it is true, nothing here can show. A timestamp of an
authority that runs on the ledger's own clock is no independent proof.

"""
_NO_FILE = """\
2. No file is shown
-------------------

This certificate shows no claim about a file, so no file can be compared with
it. Where the statement is about one, whoever made it can have a certificate
that shows it.

    number=none sum=00
    ! grep -qs '^{"path":"file/' certificate/claims.jsonl
    echo "ok: no file is shown"

"""
_NAMED = """\
2. The entries that it is about
-------------------------------

statement.json names them by index and leaf hash, which is the SHA-256 of a
zero byte and the entry.json of their own certificates.

    number=none sum=00
    grep -o '"refs":\\[{"index":[0-9]*,"leaf":"[0-9a-f]*"[^]]*\\]' certificate/statement.json
    echo "ok: it is about this"

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


def second_step(parsed: Statement, shown: Sequence[bytes]) -> str:
    """The second step where no file is among the claims that are ``shown``."""
    if parsed.kind not in ABOUT:
        return _NO_FILE
    start = f'{{"path":"{CERTIFICATE}"'.encode()
    return _NAMED + (_ATTESTED if any(one.startswith(start) for one in shown) else "")
