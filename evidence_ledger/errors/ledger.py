"""What can be wrong with a ledger and its clock."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError, Reasoned


class LedgerError(OperationalError):
    """The ledger could not be used."""

    code = "ledger"
    exit_code = 20


class LedgerNotFound(LedgerError):
    """There is no ledger at this place."""

    code = "ledger.not-found"
    exit_code = 21
    default_hint = "Make one with: evidence init"


class LedgerExists(LedgerError):
    """There is a ledger at this place already."""

    code = "ledger.exists"
    exit_code = 22
    default_hint = "It was left as it is. Name another folder with --home to make a second one."


class LedgerLocked(LedgerError):
    """Another program holds the ledger's lock for too long."""

    code = "ledger.locked"
    exit_code = 23
    default_hint = "Wait for the other program to finish, then repeat the command."


class LedgerReadOnly(LedgerError):
    """The ledger can be read but not written."""

    code = "ledger.read-only"
    exit_code = 24
    default_hint = "Check the owner and permissions of the ledger's folder and files."


class LedgerFull(LedgerError):
    """There is no space left where the ledger is stored."""

    code = "ledger.full"
    exit_code = 25
    default_hint = "Free space on that disk, then repeat the command. Nothing was half written."


class LedgerCorrupt(LedgerError):
    """The stored ledger contradicts itself."""

    code = "ledger.corrupt"
    exit_code = 26
    default_hint = "Run: evidence audit. Keep a copy of the folder before you repair anything."


class LedgerForked(LedgerError):
    """The database is not a continuation of what this ledger's key has already signed."""

    code = "ledger.forked"
    exit_code = 27
    default_hint = (
        "Was an old backup restored? Restore a newer one: signing this would give two histories."
    )


class HeadMoved(LedgerError):
    """Another writer appended first. Repeat with the new head."""

    code = "ledger.head-moved"
    exit_code = 28
    default_hint = "Repeat the command."


class NoSuchEntry(LedgerError):
    """The ledger holds no such entry."""

    code = "ledger.no-such-entry"
    exit_code = 29
    default_hint = "See the entries with: evidence list"


class LedgerNewer(LedgerError):
    """The ledger was made by a newer release of this program."""

    code = "ledger.newer"
    exit_code = 32
    default_hint = "Open it with a newer release of this program."


class SettingsInvalid(LedgerError):
    """The settings file can't be used."""

    code = "ledger.settings"
    exit_code = 30


class NotSealed(LedgerError):
    """The entry has no timestamp yet."""

    code = "ledger.not-sealed"
    exit_code = 33
    default_hint = "Seal it with: evidence seal"


class EntryErased(LedgerError):
    """The documents and claims of the entry were erased. The entry itself stays."""

    code = "claims.erased"
    exit_code = 36
    default_hint = "Certificates that were handed out before stay valid: ask whoever has one."


class LedgerMoved(LedgerError):
    """The ledger is in another database now; this one is only kept."""

    code = "ledger.moved"
    exit_code = 34
    default_hint = "Stop whatever still uses the old database; nothing was written to it."


class LedgerUnavailable(LedgerError):
    """The ledger's database can't be reached at present, or was lost in the middle."""

    code = "ledger.unavailable"
    exit_code = 35
    default_hint = "Repeat the same command later: what is in the ledger already keeps its entry."


class ClockBehind(OperationalError):
    """This machine's clock is before the newest entry."""

    code = "clock.behind"
    exit_code = 31
    default_hint = "Set this machine's clock, then repeat the command."


class ActRefused(Reasoned, OperationalError):
    """What was to be entered makes no sense in this ledger as it is. Nothing was entered."""

    code = "act-refused"
    exit_code = 111


class NotAllowed(Reasoned, OperationalError):
    """The ledger's register does not allow this signer to do this."""

    code = "not-allowed"
    exit_code = 110
    default_hint = "The ledger's operator enrols signers with: evidence register enrol"
