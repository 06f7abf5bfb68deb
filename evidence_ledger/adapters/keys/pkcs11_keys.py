"""The private keys and X.509 certificates in a PKCS #11 token."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from pkcs11 import Attribute, ObjectClass, PKCS11Error, Session

from evidence_ledger.errors import KeyAmbiguous, KeyNotFound, KeyTokenUnusable

MOST = 1000
"""Keys, and X.509 certificates, that are looked at in one token."""


def the_key(session: Session, token: str, label: str | None, key_id: bytes | None) -> Any:
    """The one private key with this label and this id, as far as they are given.

    Where neither is, the one key that may sign. Raises KeyNotFound, KeyAmbiguous, KeyTokenUnusable
    for one that may not sign, PKCS11Error.
    """
    found = [one for one in private_keys(session) if _is_meant(one, label, key_id)]
    signing = [one for one in found if hasattr(one, "sign")]
    if len(signing) == 1 and (len(found) == 1 or (label is None and key_id is None)):
        return signing[0]
    if len(found) == 1 or (found and not signing):
        raise KeyTokenUnusable(f"The key {_names(found)} in the token {token!r} may not sign.")
    if found:
        raise KeyAmbiguous(
            f"There are {len(found)} such keys in the token {token!r}: {_names(found)}.",
            hint="Choose one with --label, --id or both.",
        )
    others = _names(list(private_keys(session)))
    there = f"It holds {others}." if others else "It holds none."
    raise KeyNotFound(f"There is no such private key in the token {token!r}. {there}")


def _is_meant(key: Any, label: str | None, key_id: bytes | None) -> bool:
    return label in (None, label_of(key)) and key_id in (None, id_of(key))


def _names(keys: list[Any]) -> str:
    return ", ".join(f"{label_of(one)!r} (id {id_of(one).hex() or 'none'})" for one in keys[:9])


def private_keys(session: Session) -> Iterator[Any]:
    """All of them. Raises PKCS11Error."""
    return _objects(session, ObjectClass.PRIVATE_KEY)


def certificates(session: Session) -> Iterator[tuple[bytes, bytes]]:
    """The id and the value of all X.509 certificates. Raises PKCS11Error."""
    for one in _objects(session, ObjectClass.CERTIFICATE):
        value = attribute(one, Attribute.VALUE)
        if isinstance(value, bytes) and value:
            yield id_of(one), value


def _objects(session: Session, kind: ObjectClass) -> Iterator[Any]:
    found = list(session.get_objects({Attribute.CLASS: kind}))
    return iter(found[:MOST])


def label_of(key: Any) -> str:
    """The label of an object, empty where it has none."""
    return str(attribute(key, Attribute.LABEL) or "")


def id_of(key: Any) -> bytes:
    """The id (CKA_ID) of an object, empty where it has none."""
    return bytes(attribute(key, Attribute.ID) or b"")


def attribute(of: Any, which: Attribute) -> Any:
    """An attribute, or None where the token does not say it in a form that can be read."""
    try:
        return of[which]
    except (PKCS11Error, KeyError, ValueError, struct.error):
        return None
