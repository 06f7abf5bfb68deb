"""The steps of the audit of a whole ledger."""

from __future__ import annotations

from evidence_ledger.core.recipe import Task

CHAIN = Task(
    "1",
    "Entries",
    "RFC 9162, 2.1; C2SP tlog-tiles",
    "Every entry names the one before it, and all of them together give the tree.",
)
SIGNATURES = Task(
    "2",
    "Signatures",
    "ETSI EN 319 122-1, 6",
    "Every statement was signed by the holder of the X.509 certificate that it names.",
)
CLAIMS = Task(
    "3",
    "Claims",
    "RFC 9162, 2.1",
    "The stored facts are those that were signed, and every fingerprint can be found.",
)
SEALS = Task(
    "4",
    "Seals",
    "C2SP tlog-checkpoint; RFC 4998, 4.2",
    "Each signed checkpoint is of this very tree, and covers everything that was new.",
)
TOKENS = Task(
    "5",
    "Timestamps",
    "RFC 3161, 2.4.2",
    "Every timestamp is right, and is over what its seal covers.",
)
SEAL_ENTRIES = Task(
    "6", "Seal entries", "RFC 8785", "The ledger holds its own timestamps as entries."
)
MEMORY = Task(
    "7",
    "Memory",
    "C2SP tlog-checkpoint",
    "What the signer remembers is what the ledger holds: nothing was rolled back.",
)
RENEWALS = Task(
    "8",
    "Renewals",
    "RFC 4998, 5.2",
    "Timestamps that were renewed are covered by newer ones, each over the one before.",
)
WITNESSES = Task(
    "9",
    "Witnesses",
    "C2SP tlog-cosignature",
    "Every cosignature that is kept is right, and is of the checkpoint that it stands with.",
)
ERASURES = Task(
    "12",
    "Erasures",
    "docs/access.md",
    "What was erased went because an entry says so, and all that entries say is gone.",
)
REGISTER = Task(
    "11",
    "Register",
    "docs/access.md",
    "Whoever handed something in was allowed to at the time, by acts that are entries themselves.",
)
