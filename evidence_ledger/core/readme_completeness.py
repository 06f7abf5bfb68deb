"""``README.txt`` of a completeness certificate."""

from __future__ import annotations

from evidence_ledger.core import docket, entry, statement
from evidence_ledger.core.certificate import Certificate

_TEXT = """\
CERTIFICATE OF COMPLETENESS

The roll that is entry {index} of the evidence ledger
{ledger},
and the docket of one matter: {count}.

It proves that, of all entries of the ledger before entry {index}, these are
all that bear the marks of this matter. It does not prove that everything
which belongs to the matter was entered, or was entered under these marks.
You need not trust whoever gave it to you: check it, with the certificates of
the entries beside it.

    evidence verify completeness.asice one.asice two.asice --policy trust.toml

The marks of all entries are in the roll, which the ledger has signed. You
need not take its word either: its public entries give the same roll.

    evidence verify completeness.asice one.asice --policy trust.toml --log URL

Whoever has docket.jsonl recognises the entries of this matter in the ledger's
public entries, and the next one when it comes, though not what is in them.
Hand it on only to those who may know that.

What is in the container:

    docket.jsonl                         the entries, and their proofs
    statement.json, statement.json.p7s   the roll that the ledger signed
    entry.json                           the roll's own entry
    proof.tlog-proof, checkpoint         that it stands in the ledger
    ledger.vkeys                         what the ledger says its keys are
    META-INF                             RFC 4998 evidence records: the time
    seal                                 earlier timestamps: not earlier than
    chains, revocation                   X.509 certificates and revocations
    certificate.pdf, README.txt          for people; they prove nothing
"""


def completeness_readme(parts: Certificate) -> str:
    """The text for the completeness certificate of ``parts``. Raises FormatError."""
    count = len(docket.parse(parts.docket).entries)
    return _TEXT.format(
        index=entry.parse(parts.entry).index,
        ledger=statement.parse(parts.statement).ledger,
        count="1 entry" if count == 1 else f"{count} entries",
    )
