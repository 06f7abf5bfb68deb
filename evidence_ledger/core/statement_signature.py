"""The signatures of many statements: each checked in full, or by a form that was (pure).

A form is remembered by the X.509 certificate that the statement names and the signature's length.
"""

from __future__ import annotations

from typing import Final

from evidence_ledger.core import admission, cades, statement
from evidence_ledger.core.signature_form import SignatureForm, form_of
from evidence_ledger.core.statement_form import signer_of
from evidence_ledger.errors import FormatError

MOST_FORMS: Final = 2048
LARGEST_FORM: Final = 8 * 1024
"""Bytes of a signature whose form is worth remembering."""

_Key = tuple[str, int]


class SignatureCheck:
    """Checks one statement after another; what it remembers changes no verdict."""

    __slots__ = ("_forms",)

    def __init__(self) -> None:
        self._forms: dict[_Key, SignatureForm] = {}

    def __call__(self, data: bytes, signature: bytes) -> None:
        """The CAdES-B-B signature of a statement, by the X.509 certificate that it names.

        Raises Refused, FormatError, Undecided.
        """
        try:
            key = signer_of(data), len(signature)
        except FormatError:
            # A bad signature is the greater defect than a statement that can't be read.
            cades.verify(signature, data)
            raise
        form = self._forms.get(key)
        if form is None or not form.accepts(signature, data):
            self._check(key, data, signature)

    def _check(self, key: _Key, data: bytes, signature: bytes) -> None:
        signed = cades.verify(signature, data)
        admission.check_signer(statement.parse(data), signed.certificate)
        if len(signature) <= LARGEST_FORM:
            self._remember(key, form_of(signature, signed.certificate))

    def _remember(self, key: _Key, form: SignatureForm | None) -> None:
        if form is None:
            return
        while len(self._forms) >= MOST_FORMS:
            self._forms.pop(next(iter(self._forms)), None)
        self._forms[key] = form
