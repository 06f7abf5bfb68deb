"""The root of the tree, and the verdicts that an error can stand for."""

from __future__ import annotations

from typing import ClassVar


class EvidenceError(Exception):
    """Any error of this program: the root of their tree.

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
        if self.where is None or self.message.startswith(f"{self.where} "):
            return self.message
        return f"{self.message} ({self.where})"


class Reasoned(EvidenceError):
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


class Refused(Reasoned):
    """Proof of a defect in what was checked."""

    code = "refused"
    exit_code = 1


class Undecided(Reasoned):
    """What was checked can be neither proved nor disproved with what is at hand."""

    code = "undecided"
    exit_code = 3


class FormatError(Reasoned):
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
