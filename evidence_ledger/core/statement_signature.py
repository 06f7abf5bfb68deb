"""The signatures of many statements: each checked in full, or by a form that was (pure).

A form is remembered by the X.509 certificate that the statement names and the signature's length.
"""

from __future__ import annotations

import hashlib
from typing import Final

from evidence_ledger.core import cades
from evidence_ledger.core.signature_form import SignatureForm, form_of
from evidence_ledger.core.statement_form import signer_of
from evidence_ledger.errors import FormatError, Refused

MOST_FORMS: Final = 2048
LARGEST_FORM: Final = 8 * 1024
"""Bytes of a signature whose form is worth remembering."""

_Key = tuple[bytes, int]


class SignatureCheck:
    """Checks one statement after another; what it remembers changes no verdict.

    Several threads may use one.
    """

    __slots__ = ("_forms",)

    def __init__(self) -> None:
        self._forms: dict[_Key, SignatureForm] = {}

    def __call__(self, data: bytes, signature: bytes) -> None:
        """The CAdES-B-B signature of a statement, by the X.509 certificate that it names.

        Raises Refused, FormatError, Undecided.
        """
        try:
            signer = signer_of(data)
        except FormatError:
            # A bad signature is the greater defect than a statement that can't be read.
            cades.verify(signature, data)
            raise
        self.check(data, signature, signer)

    def check(self, data: bytes, signature: bytes, signer: bytes) -> None:
        """As above, for the bytes of a statement that names ``signer`` (32 bytes)."""
        name = signer.hex().encode("ascii")
        if not self.knows(name, data, signature, hashlib.sha256(data).digest()):
            certificate = cades.verify(signature, data).certificate
            check_signer(signer, certificate)
            self._remember((name, len(signature)), signature, certificate)

    def knows(self, name: bytes, data: bytes, signature: bytes, digest: bytes) -> bool:
        """Whether the signature is right by a form that was checked in full.

        ``data`` is a statement that names the signer ``name`` (64 signs), ``digest`` its SHA-256.
        """
        form = self._forms.get((name, len(signature)))
        return form is not None and form.accepts(signature, data, digest)

    def _remember(self, key: _Key, signature: bytes, certificate: bytes) -> None:
        form = form_of(signature, certificate) if len(signature) <= LARGEST_FORM else None
        if form is None:
            return
        if len(self._forms) >= MOST_FORMS:
            self._forms.clear()
        self._forms[key] = form


check_signature: Final = SignatureCheck()
"""The one of this process."""


def check_signer(named: bytes, certificate: bytes) -> None:
    """``named``, in a statement, is the X.509 certificate that signed it. Raises Refused."""
    if hashlib.sha256(certificate).digest() != named:
        raise Refused(
            "statement.other-signer",
            "The statement names another X.509 certificate than the one that signed it.",
        )
