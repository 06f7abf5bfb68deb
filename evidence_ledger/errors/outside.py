"""What can be wrong with those who are asked: authorities, logs, witnesses, servers."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError


class AuthorityError(OperationalError):
    """A timestamp authority gave no usable token."""

    code = "authority"
    exit_code = 50


class AuthorityUnreachable(AuthorityError):
    """A timestamp authority did not answer as RFC 3161 says."""

    code = "authority.unreachable"
    exit_code = 51
    default_hint = "Check the address and the network; nothing is lost."


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
    default_hint = "Check the log's address or folder, then try again."


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
    default_hint = "Check the address. Nothing is lost: repeat the same command later."


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


class ServerCannotListen(ServerError):
    """The server can't take requests at this address."""

    code = "server.cannot-listen"
    exit_code = 104
    default_hint = "Choose another address with --host and --port, or stop what uses this one."


class ServerAnswerInvalid(ServerError):
    """What the server answered is not what a ledger answers."""

    code = "server.answer"
    exit_code = 103
    default_hint = "Check the server's address."
