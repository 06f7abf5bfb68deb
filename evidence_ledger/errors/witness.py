"""What can be wrong with a witness that is run here."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError


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
