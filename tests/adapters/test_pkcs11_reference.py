"""The file that stands for a key in a token: one encoding, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.keys.key_files import open_signer
from evidence_ledger.adapters.keys.pkcs11_reference import (
    Pkcs11Reference,
    parse_reference_file,
    reference_file,
)
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.errors import KeyUnreadable, UsageError
from tests.x509_factory import issue

ROOT = issue("Root", authority=True)
OWNER = issue("Owner", ROOT)
CHAIN = (OWNER.der, ROOT.der)
WHERE = Path("key.pem")
REFERENCE = Pkcs11Reference(
    module=Path("/usr/lib/p11.so"),
    token="Notary Wang",
    serial=b"4b03fbb2",
    label="signing",
    key_id=b"\x01\x02",
    scheme="ecdsa-sha256",
)
LINE = (
    "pkcs11:token=Notary%20Wang;serial=4b03fbb2;object=signing;id=%01%02"
    "?module-path=/usr/lib/p11.so&x-scheme=ecdsa-sha256"
)
FILE = f"{LINE}\n".encode() + OWNER.pem + ROOT.pem


def test_the_file_is_a_uri_and_the_certificates() -> None:
    assert reference_file(REFERENCE, CHAIN) == FILE
    assert parse_reference_file(FILE, WHERE) == (REFERENCE, CHAIN)


@given(
    st.builds(
        Pkcs11Reference,
        module=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).map(
            lambda text: Path("/", text)
        ),
        token=st.text(),
        serial=st.binary(max_size=16),
        label=st.text(),
        key_id=st.binary(max_size=64),
        scheme=st.sampled_from(sorted(SCHEMES)),
    )
)
def test_every_reference_is_read_back(reference: Pkcs11Reference) -> None:
    data = reference_file(reference, CHAIN)
    assert data.partition(b"\n")[0].decode("ascii") == reference.encode()
    assert parse_reference_file(data, WHERE) == (reference, CHAIN)


DEFECTS = {
    "no certificate": f"{LINE}\n".encode(),
    "no line end": LINE.encode(),
    "trailing byte": FILE + b"\n",
    "text between": FILE.replace(ROOT.pem, b"text\n" + ROOT.pem),
    "damaged certificate": FILE.replace(b"MII", b"AAA"),
    "unknown scheme": FILE.replace(b"ecdsa-sha256", b"ecdsa-sha1"),
    "no scheme": FILE.replace(b"&x-scheme=ecdsa-sha256", b""),
    "no module": FILE.replace(b"module-path=/usr/lib/p11.so&", b""),
    "relative module": FILE.replace(b"/usr/lib", b"usr/lib"),
    "a pin in the URI": FILE.replace(b"&x-scheme", b"&pin-value=1234&x-scheme"),
    "strange attribute": FILE.replace(b";id=", b";type=private;id="),
    "attribute twice": FILE.replace(b";id=", b";object=signing;id="),
    "other order": FILE.replace(b";object=signing;id=%01%02", b";id=%01%02;object=signing"),
    "needless escape": FILE.replace(b"object=signing", b"object=%73igning"),
    "lower-case escape": FILE.replace(b"%20", b"%20").replace(b"id=%01%02", b"id=%0a"),
    "empty attribute": FILE.replace(b"object=signing", b"object="),
    "token that is not UTF-8": FILE.replace(b"Notary%20Wang", b"%FF"),
    "not ASCII": FILE.replace(b"signing", "ß".encode()),
    "only the scheme of the URI": b"pkcs11:",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_another_encoding_is_refused(defect: str, tmp_path: Path) -> None:
    assert DEFECTS[defect] != FILE
    (tmp_path / "key.pem").write_bytes(DEFECTS[defect])
    with pytest.raises(KeyUnreadable, match=r"key\.pem does not name a key"):
        open_signer(tmp_path / "key.pem")


def test_opening_it_touches_no_token(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(FILE)
    signer = open_signer(tmp_path / "key.pem")
    assert isinstance(signer, Pkcs11Signer)
    assert (signer.chain, signer.scheme) == (CHAIN, "ecdsa-sha256")
    with pytest.raises(UsageError):
        open_signer(tmp_path / "key.pem", certificates=tmp_path / "key.pem")
