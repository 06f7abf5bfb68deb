"""Keys that could not be used."""

from __future__ import annotations

from evidence_ledger.errors.base import OperationalError


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


class KeyTokenUnusable(KeyUnusable):
    """A PKCS #11 token, its library or a key in it can't do what is needed."""

    code = "key.token"
    exit_code = 44


class KeyTokenAbsent(KeyUnusable):
    """The PKCS #11 token is not there, or was pulled out in the middle."""

    code = "key.token-absent"
    exit_code = 45
    default_hint = "Put the token in, then repeat the command."


class KeyAmbiguous(KeyUnusable):
    """More than one PKCS #11 token, or key in it, is what was named."""

    code = "key.ambiguous"
    exit_code = 46


class WrongPin(KeyUnusable):
    """The PIN does not open the PKCS #11 token, or none was given."""

    code = "key.wrong-pin"
    exit_code = 47


class PinLocked(KeyUnusable):
    """The PKCS #11 token takes no PIN any more."""

    code = "key.pin-locked"
    exit_code = 48
    default_hint = "Unlock it with its PUK or administrator's PIN, in the token's own program."


class KeyNotFound(KeyUnusable):
    """The PKCS #11 token holds no such key, or no X.509 certificate for it."""

    code = "key.not-found"
    exit_code = 49
