"""What can be wrong with a file of the user's."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError


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
    default_hint = (
        "Name the file that it points to. evidence deposit, verify and attest leave such files out "
        "with --skip-special."
    )


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
