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
        form = self.form(signer.hex().encode("ascii"), len(signature))
        if form is None or not form.accepts([signature], [data], [hashlib.sha256(data).digest()]):
            certificate = cades.verify(signature, data).certificate
            check_signer(signer, certificate)
            self._remember(signer, signature, certificate)

    def form(self, name: bytes, size: int) -> SignatureForm | None:
        """That of a signature of ``size`` bytes by the signer ``name`` (64 signs), checked in full
        before; None where none was."""
        return self._forms.get((name, size))

    def _remember(self, signer: bytes, signature: bytes, certificate: bytes) -> None:
        form = form_of(signature, certificate) if len(signature) <= LARGEST_FORM else None
        if form is None:
            return
        if len(self._forms) >= MOST_FORMS:
            self._forms.clear()
        self._forms[signer.hex().encode("ascii"), len(signature)] = form


check_signature: Final = SignatureCheck()
"""The one of this process."""


def check_signer(named: bytes, certificate: bytes) -> None:
    """``named``, in a statement, is the X.509 certificate that signed it. Raises Refused."""
    if hashlib.sha256(certificate).digest() != named:
        raise Refused(
            "statement.other-signer",
            "The statement names another X.509 certificate than the one that signed it.",
        )
