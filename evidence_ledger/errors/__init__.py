"""The tree of errors. Each has a stable code, a sentence for a lawyer, and a hint what to do.

EvidenceError
├── Refused               proof of a defect in what was checked: FAILED
├── Undecided             what was checked can't be decided here: INDETERMINATE
├── FormatError           bytes that are not the one canonical form of what they should be
│   └── NewerFormat       a version that this verifier does not know: INDETERMINATE
├── UsageError            a command or call that makes no sense as given
└── OperationalError      the world said no; nothing was decided and nothing was lost
    ├── FileError
    │   ├── FileUnreadable, FileChanged, NotARegularFile, OutputExists, OutputUnwritable
    ├── LedgerError
    │   ├── LedgerNotFound, LedgerExists, LedgerLocked, LedgerReadOnly, LedgerFull,
    │   ├── LedgerCorrupt, LedgerForked, LedgerNewer, HeadMoved, NoSuchEntry, SettingsInvalid,
    │   ├── NotSealed, EntryErased, LedgerMoved, LedgerUnavailable
    ├── ClockBehind
    ├── ActRefused, NotAllowed
    ├── KeyUnusable
    │   ├── KeyUnreadable, WrongPassword, WrongKey, KeyTokenUnusable, KeyTokenAbsent,
    │   ├── KeyAmbiguous, WrongPin, PinLocked, KeyNotFound
    ├── AuthorityError
    │   ├── AuthorityUnreachable, AuthorityRefused, AuthorityBusy, AuthorityAnswerInvalid
    ├── LogUnreachable
    ├── WitnessServiceError
    │   ├── WitnessNotFound, WitnessExists, WitnessRolledBack, WitnessCorrupt, WitnessNewer,
    │   ├── WitnessUnavailable, WitnessCannotListen, NoSuchLog
    ├── WitnessError
    │   ├── WitnessUnreachable, WitnessRefused, WitnessAnswerInvalid, WitnessElsewhere
    ├── ServerError
    │   ├── ServerUnreachable, ServerRefused, ServerAnswerInvalid, ServerCannotListen
    ├── MonitorError
    │   ├── MonitorBusy
    ├── InternalError
    └── Interrupted
"""

from __future__ import annotations

from evidence_ledger.errors.base import (
    EvidenceError,
    FormatError,
    InternalError,
    Interrupted,
    NewerFormat,
    OperationalError,
    Refused,
    Undecided,
    UsageError,
)
from evidence_ledger.errors.files import (
    FileChanged,
    FileError,
    FileUnreadable,
    NotARegularFile,
    OutputExists,
    OutputUnwritable,
)
from evidence_ledger.errors.keys import (
    KeyAmbiguous,
    KeyNotFound,
    KeyTokenAbsent,
    KeyTokenUnusable,
    KeyUnreadable,
    KeyUnusable,
    PinLocked,
    WrongKey,
    WrongPassword,
    WrongPin,
)
from evidence_ledger.errors.ledger import (
    ActRefused,
    ClockBehind,
    EntryErased,
    HeadMoved,
    LedgerCorrupt,
    LedgerError,
    LedgerExists,
    LedgerForked,
    LedgerFull,
    LedgerLocked,
    LedgerMoved,
    LedgerNewer,
    LedgerNotFound,
    LedgerReadOnly,
    LedgerUnavailable,
    NoSuchEntry,
    NotAllowed,
    NotSealed,
    SettingsInvalid,
)
from evidence_ledger.errors.monitor import MonitorBusy, MonitorError
from evidence_ledger.errors.outside import (
    AuthorityAnswerInvalid,
    AuthorityBusy,
    AuthorityError,
    AuthorityRefused,
    AuthorityUnreachable,
    LogUnreachable,
    ServerAnswerInvalid,
    ServerCannotListen,
    ServerError,
    ServerRefused,
    ServerUnreachable,
    WitnessAnswerInvalid,
    WitnessElsewhere,
    WitnessError,
    WitnessRefused,
    WitnessUnreachable,
)
from evidence_ledger.errors.witness import (
    NoSuchLog,
    WitnessCannotListen,
    WitnessCorrupt,
    WitnessExists,
    WitnessNewer,
    WitnessNotFound,
    WitnessRolledBack,
    WitnessServiceError,
    WitnessUnavailable,
)

__all__ = [
    "ActRefused",
    "AuthorityAnswerInvalid",
    "AuthorityBusy",
    "AuthorityError",
    "AuthorityRefused",
    "AuthorityUnreachable",
    "ClockBehind",
    "EntryErased",
    "EvidenceError",
    "FileChanged",
    "FileError",
    "FileUnreadable",
    "FormatError",
    "HeadMoved",
    "InternalError",
    "Interrupted",
    "KeyAmbiguous",
    "KeyNotFound",
    "KeyTokenAbsent",
    "KeyTokenUnusable",
    "KeyUnreadable",
    "KeyUnusable",
    "LedgerCorrupt",
    "LedgerError",
    "LedgerExists",
    "LedgerForked",
    "LedgerFull",
    "LedgerLocked",
    "LedgerMoved",
    "LedgerNewer",
    "LedgerNotFound",
    "LedgerReadOnly",
    "LedgerUnavailable",
    "LogUnreachable",
    "MonitorBusy",
    "MonitorError",
    "NewerFormat",
    "NoSuchEntry",
    "NoSuchLog",
    "NotARegularFile",
    "NotAllowed",
    "NotSealed",
    "OperationalError",
    "OutputExists",
    "OutputUnwritable",
    "PinLocked",
    "Refused",
    "ServerAnswerInvalid",
    "ServerCannotListen",
    "ServerError",
    "ServerRefused",
    "ServerUnreachable",
    "SettingsInvalid",
    "Undecided",
    "UsageError",
    "WitnessAnswerInvalid",
    "WitnessCannotListen",
    "WitnessCorrupt",
    "WitnessElsewhere",
    "WitnessError",
    "WitnessExists",
    "WitnessNewer",
    "WitnessNotFound",
    "WitnessRefused",
    "WitnessRolledBack",
    "WitnessServiceError",
    "WitnessUnavailable",
    "WitnessUnreachable",
    "WrongKey",
    "WrongPassword",
    "WrongPin",
]
