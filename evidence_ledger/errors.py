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
    │   ├── NotSealed
    ├── ClockBehind
    ├── KeyUnusable
    │   ├── KeyUnreadable, WrongPassword, WrongKey
    ├── AuthorityError
    │   ├── AuthorityUnreachable, AuthorityRefused, AuthorityBusy, AuthorityAnswerInvalid
    ├── LogUnreachable
    ├── WitnessServiceError
    │   ├── WitnessNotFound, WitnessExists, WitnessRolledBack, WitnessCorrupt, WitnessNewer,
    │   ├── WitnessUnavailable, WitnessCannotListen, NoSuchLog
    ├── WitnessError
    │   ├── WitnessUnreachable, WitnessRefused, WitnessAnswerInvalid, WitnessElsewhere
    ├── ServerError
    │   ├── ServerUnreachable, ServerRefused, ServerAnswerInvalid
    ├── InternalError
    └── Interrupted
"""

from __future__ import annotations

from typing import ClassVar


class EvidenceError(Exception):
    """Root of the tree.

    ``code`` is stable and scripted against; ``message`` is a sentence for a lawyer; ``where``
    names the place (a file, a line, a byte offset); ``hint`` says what to do.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 4
    default_hint: ClassVar[str | None] = None

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint if hint is not None else self.default_hint

    @property
    def reason(self) -> str:
        """The stable code of this very refusal."""
        return self.code

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message


class _Reasoned(EvidenceError):
    """An error whose stable code is chosen where it is raised, one code a defect."""

    def __init__(
        self, reason: str, message: str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self._reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str], dict[str, object]]:
        """So that an error found in another process arrives whole."""
        return type(self), (self._reason, self.message), self.__dict__

    @property
    def reason(self) -> str:
        return self._reason


class Refused(_Reasoned):
    """Proof of a defect in what was checked."""

    code = "refused"
    exit_code = 1


class Undecided(_Reasoned):
    """What was checked can be neither proved nor disproved with what is at hand."""

    code = "undecided"
    exit_code = 3


class FormatError(_Reasoned):
    """Bytes that are not the one canonical form of what they should be."""

    code = "format"
    exit_code = 4


class NewerFormat(FormatError):
    """A version or kind that this verifier does not know."""

    code = "format.newer"
    exit_code = 3
    default_hint = "Check it with a newer release of this program."


class UsageError(EvidenceError):
    """A command or call that makes no sense as given."""

    code = "usage"
    exit_code = 2


class OperationalError(EvidenceError):
    """The world said no. Nothing was decided and nothing was lost."""

    code = "operational"
    exit_code = 5


class FileError(OperationalError):
    """A file could not be used."""

    code = "file"
    exit_code = 10


class FileUnreadable(FileError):
    """A file is missing, vanished, or may not be read."""

    code = "file.unreadable"
    exit_code = 11
    default_hint = "Check that the file exists and that you may read it, then try again."


class FileChanged(FileError):
    """A file changed while it was being read."""

    code = "file.changed"
    exit_code = 12
    default_hint = "Close the program that writes to it, or deposit a copy, then try again."


class NotARegularFile(FileError):
    """A symbolic link, socket, device or pipe."""

    code = "file.not-regular"
    exit_code = 13
    default_hint = "Deposit the file that it points to, or leave it out with --skip-special."


class OutputExists(FileError):
    """The file to be written is already there."""

    code = "file.output-exists"
    exit_code = 14
    default_hint = "Choose another name with --out."


class OutputUnwritable(FileError):
    """The output could not be written."""

    code = "file.output-unwritable"
    exit_code = 15
    default_hint = "Check the folder, its permissions and the free space, then try again."


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


class ClockBehind(OperationalError):
    """This machine's clock is before the newest entry."""

    code = "clock.behind"
    exit_code = 31
    default_hint = "Set this machine's clock, then repeat the command."


class KeyUnusable(OperationalError):
    """A key could not be used."""

    code = "key"
    exit_code = 40


class KeyUnreadable(KeyUnusable):
    """A key file is missing, not a key, or of a kind that is not supported."""

    code = "key.unreadable"
    exit_code = 41


class WrongPassword(KeyUnusable):
    """The password does not open the key."""

    code = "key.wrong-password"
    exit_code = 42
    default_hint = "Type the password again; mind the keyboard layout and capitals."


class WrongKey(KeyUnusable):
    """The key does not belong to the X.509 certificate, or not to this ledger."""

    code = "key.wrong-key"
    exit_code = 43


class AuthorityError(OperationalError):
    """A timestamp authority gave no usable token."""

    code = "authority"
    exit_code = 50


class AuthorityUnreachable(AuthorityError):
    """A timestamp authority did not answer as RFC 3161 says."""

    code = "authority.unreachable"
    exit_code = 51
    default_hint = "Check the address and the network; the deposit itself is safe."


class AuthorityRefused(AuthorityError):
    """A timestamp authority answered with a rejection."""

    code = "authority.refused"
    exit_code = 52


class AuthorityBusy(AuthorityError):
    """A timestamp authority wants to be asked again later (HTTP 429 or 5xx), or less often.

    ``wait`` is how many seconds it asks for, where it says so.
    """

    code = "authority.busy"
    exit_code = 53
    default_hint = "Nothing is lost. Ask again later with: evidence seal"

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.wait = wait


class AuthorityAnswerInvalid(AuthorityError):
    """A timestamp authority's answer is no timestamp, or none that stands."""

    code = "authority.answer"
    exit_code = 54
    default_hint = "Check the address: a network's log-in page may have answered instead."


class LogUnreachable(OperationalError):
    """A tiled log could not be read."""

    code = "log.unreachable"
    exit_code = 60


class WitnessServiceError(OperationalError):
    """A witness that is run here could not do its work."""

    code = "witness-service"
    exit_code = 80


class WitnessNotFound(WitnessServiceError):
    """There is no witness at this place."""

    code = "witness-service.not-found"
    exit_code = 81
    default_hint = "Make one with: evidence witness init --name NAME"


class WitnessExists(WitnessServiceError):
    """There is a witness at this place already."""

    code = "witness-service.exists"
    exit_code = 82
    default_hint = "It was left as it is. Name another folder with --home to make a second one."


class WitnessRolledBack(WitnessServiceError):
    """The witness's database is not in the state in which it last signed."""

    code = "witness-service.rolled-back"
    exit_code = 83
    default_hint = (
        "Was an old backup restored? Nothing is signed for this log until you decide with: "
        "evidence witness resume"
    )


class WitnessCorrupt(WitnessServiceError):
    """What the witness stored contradicts itself."""

    code = "witness-service.corrupt"
    exit_code = 84
    default_hint = "Keep a copy of the folder, check the disk, then see: evidence witness status"


class WitnessUnavailable(WitnessServiceError):
    """The witness's files can't be read or written at present."""

    code = "witness-service.unavailable"
    exit_code = 85
    default_hint = "Check the free space and who may write to the folder. Nothing was half done."


class WitnessNewer(WitnessServiceError):
    """The witness's database was made by a newer release of this program."""

    code = "witness-service.newer"
    exit_code = 86
    default_hint = "Run it with a newer release of this program."


class NoSuchLog(WitnessServiceError):
    """The witness does not serve this log."""

    code = "witness-service.no-such-log"
    exit_code = 87
    default_hint = "See the logs with: evidence witness status"


class WitnessCannotListen(WitnessServiceError):
    """The witness can't take requests at this address."""

    code = "witness-service.cannot-listen"
    exit_code = 88


class WitnessError(OperationalError):
    """A witness gave no usable cosignature."""

    code = "witness"
    exit_code = 90


class WitnessUnreachable(WitnessError):
    """A witness did not answer, or wants to be asked later."""

    code = "witness.unreachable"
    exit_code = 91
    default_hint = "Nothing is lost: the next seal asks it again."


class WitnessRefused(WitnessError):
    """A witness does not cosign this checkpoint."""

    code = "witness.refused"
    exit_code = 92


class WitnessAnswerInvalid(WitnessError):
    """A witness's answer is no cosignature, or none that stands."""

    code = "witness.answer"
    exit_code = 93
    default_hint = "Check the witness's address and its verifier keys."


class WitnessElsewhere(WitnessError):
    """A witness has last cosigned another size than it was told (HTTP 409): ``size`` entries."""

    code = "witness.elsewhere"
    exit_code = 94
    default_hint = "Another program may have asked it at the same time: seal again."

    def __init__(
        self, message: str, *, where: str | None = None, hint: str | None = None, size: int = 0
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.size = size


class ServerError(OperationalError):
    """A ledger's server did not do what was asked."""

    code = "server"
    exit_code = 100


class ServerUnreachable(ServerError):
    """The server did not answer, or not in time."""

    code = "server.unreachable"
    exit_code = 101
    default_hint = "Nothing is lost: repeat the same command later."


class ServerRefused(ServerError):
    """The server refused; ``server_code`` is the stable code that it gave."""

    code = "server.refused"
    exit_code = 102

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        server_code: str | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.server_code = server_code

    @property
    def reason(self) -> str:
        return self.server_code or self.code


class ServerAnswerInvalid(ServerError):
    """What the server answered is not what a ledger answers."""

    code = "server.answer"
    exit_code = 103
    default_hint = "Check the server's address."


class InternalError(OperationalError):
    """A mistake in this program."""

    code = "internal"
    exit_code = 70
    default_hint = "Please send that file to whoever maintains this program."


class Interrupted(OperationalError):
    """The user stopped the command."""

    code = "interrupted"
    exit_code = 130
    default_hint = "Nothing is half done. Repeat the same command to go on."
