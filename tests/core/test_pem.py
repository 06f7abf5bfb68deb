"""X.509 certificates out of files."""

from __future__ import annotations

import pytest

from evidence_ledger.core import pem
from evidence_ledger.errors import FormatError
from tests.x509_factory import issue

ONE, TWO = issue("One"), issue("Two")


def test_pem_with_text_between_and_bare_der_are_read_in_order() -> None:
    text = b"subject: one\r\n" + ONE.pem.replace(b"\n", b"\r\n") + b"# two\n" + TWO.pem
    assert pem.certificates(text, where="test") == (ONE.der, TWO.der)
    assert pem.certificates(ONE.der, where="test") == (ONE.der,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        ONE.pem[:-30],
        ONE.pem + TWO.pem[:40],
        ONE.pem.replace(b"M", b"*", 1),
        b"-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        ONE.der + b"\0",
    ],
)
def test_what_is_damaged_or_empty_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as refused:
        pem.certificates(data, where="test")
    assert (refused.value.where or "").startswith("test"), "whose file it is must be told"
