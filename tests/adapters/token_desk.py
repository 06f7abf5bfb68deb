"""A token with a key, what is done with it, and somebody who types PINs."""

from __future__ import annotations

from pathlib import Path

import pkcs11
import pytest

from evidence_ledger.adapters.keys.key_files import FileSigner, open_signer, save_signer
from evidence_ledger.adapters.keys.pin_desk import PinDesk, Pins
from evidence_ledger.adapters.keys.pkcs11_import import Choice, import_key
from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.core import cades
from evidence_ledger.ports import Signer
from tests.softhsm import PIN, Reader, SoftHsm, SoftToken
from tests.x509_factory import NOW, issue, key_of

ROOT = issue("Root", authority=True)
OWNER = issue("Owner", ROOT)
SCHEMES = {
    "rsa2048": "rsa-pkcs1-sha256",
    "p256": "ecdsa-sha256",
    "p384": "ecdsa-sha384",
    "ed25519": "ed25519",
}
HOLDERS = {kind: issue(f"Owner {kind}", ROOT, key=key_of(kind)) for kind in SCHEMES}


@pytest.fixture
def token(hsm: SoftHsm) -> SoftToken:
    """A token with one key and its X.509 certificate."""
    token = hsm.token()
    token.add(OWNER)
    return token


def imported(hsm: SoftHsm, pin: str | None = PIN, **choice: object) -> Pkcs11Signer:
    return import_key(hsm.module, Choice(**choice), Pins(pin))  # type: ignore[arg-type]


def reopened(signer: Pkcs11Signer, path: Path, pin: str | None = PIN) -> FileSigner:
    """What the kept file gives, in another process as it were."""
    save_signer(signer, path)
    close_libraries()
    return open_signer(path, pin)


def behind(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(pkcs11, "lib", reader.lib(pkcs11.lib))
    close_libraries()
    return reader


def signed(signer: Signer) -> bytes:
    attributes = cades.to_be_signed(b"x", NOW, signer.chain[0], signer.scheme)
    return cades.assemble(attributes, signer.sign(attributes.encoded), signer.chain)


def works(signer: Signer) -> bool:
    return cades.verify(signed(signer), b"x").certificate == signer.chain[0]


class Typing:
    """Somebody who types this PIN."""

    def __init__(self, pin: str | None) -> None:
        self.pin = pin
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, token: str) -> str | None:
        self.asked.append(token)
        return self.pin

    def tell(self, token: str) -> None:
        self.told.append(token)


def attended(hsm: SoftHsm, desk: PinDesk, pin: str | None = None) -> Pkcs11Signer:
    return import_key(hsm.module, Choice(), Pins(pin, desk=desk))
