"""Tokens of SoftHSM, a PKCS #11 library without hardware, and readers as real ones are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import PROTECTED_AUTH, Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.util.ec import encode_named_curve_parameters
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

from evidence_ledger.adapters.keys import pin_desk
from evidence_ledger.adapters.keys.pkcs11_library import close_libraries
from tests.x509_factory import Holder

PIN = "4711-äß"
SO_PIN = "87654321"
PLACES = ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm", "/usr/lib/pkcs11")
MODULE = next((at for at in (Path(p, "libsofthsm2.so") for p in PLACES) if at.exists()), None)
REASON = "SoftHSM is not installed (Debian: softhsm2)"
IS_MISSING = MODULE is None or shutil.which("softhsm2-util") is None

needs_softhsm = pytest.mark.skipif(IS_MISSING, reason=REASON)


class SoftHsm:
    """A folder of tokens, and the library that reaches them."""

    def __init__(self, folder: Path) -> None:
        assert MODULE is not None
        self.module = MODULE
        self.conf = folder / "softhsm2.conf"
        self.tokens = folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.conf.write_text(f"directories.tokendir = {self.tokens}\nlog.level = ERROR\n")

    def token(self, label: str = "Notary") -> SoftToken:
        """A fresh token."""
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        subprocess.run(
            [*command, "--pin", PIN, "--so-pin", SO_PIN],
            check=True,
            capture_output=True,
            env={"SOFTHSM2_CONF": str(self.conf)},
        )
        close_libraries()
        return SoftToken(self, label)

    def remove(self) -> None:
        """All tokens are gone, while the library runs."""
        for one in self.tokens.iterdir():
            shutil.rmtree(one)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """SoftHSM without tokens; what was unlocked is locked afterwards."""
    made = SoftHsm(tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.conf))
    for name in (pin_desk.PIN, pin_desk.OPERATOR_PIN):
        monkeypatch.delenv(name, raising=False)
    close_libraries()
    yield made
    close_libraries()


@dataclass
class SoftToken:
    """One token of them."""

    hsm: SoftHsm
    label: str

    def add(
        self,
        holder: Holder,
        label: str | bytes = "signing",
        key_id: bytes = b"\x01\x02",
        *,
        certificates: tuple[Holder, ...] | None = None,
        **attributes: bool,
    ) -> None:
        """Put in a key with its X.509 certificate; ``attributes`` as ``sign=False``."""
        text = label.encode() if isinstance(label, str) else label
        named = {Attribute.LABEL: text, Attribute.ID: key_id, Attribute.TOKEN: True}
        private = {Attribute.SIGN: True, Attribute.PRIVATE: True, Attribute.SENSITIVE: True}
        private |= {Attribute[name.upper()]: value for name, value in attributes.items()}
        with self.session() as session:
            session.create_object(_private(holder) | named | private)
            for one in (holder,) if certificates is None else certificates:
                session.create_object(decode_x509_certificate(one.der) | named)

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A session that may write; the token is locked again afterwards."""
        close_libraries()
        lib = pkcs11.lib(str(self.hsm.module))
        token = next(one for one in lib.get_tokens(token_label=self.label))
        mapper = AttributeMapper()
        mapper.register_handler(Attribute.LABEL, bytes, bytes)
        with token.open(rw=True, user_pin=PIN, attribute_mapper=mapper) as session:
            yield session
        lib.finalize()


def _private(holder: Holder) -> dict[Attribute, Any]:
    key = holder.key
    kind = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if isinstance(key, rsa.RSAPrivateKey):
        form = PrivateFormat.TraditionalOpenSSL
        return decode_rsa_private_key(key.private_bytes(Encoding.DER, form, NoEncryption()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return kind | {
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.EC_PARAMS: b"\x13\x0cedwards25519",
            Attribute.VALUE: key.private_bytes_raw(),
        }
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = (key.curve.key_size + 7) // 8
    return kind | {
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: encode_named_curve_parameters(key.curve.name),
        Attribute.VALUE: key.private_numbers().private_value.to_bytes(size),
    }


@dataclass
class Reader:
    """What stands between the library and the token: it adds what no token of SoftHSM does.

    ``typed`` is the PIN that somebody types at the reader's pad. ``broken`` is what the next
    signatures meet. ``opened`` are the PINs that were sent.
    """

    flags: TokenFlag | int = 0
    lacks: frozenset[Mechanism] = frozenset()
    has: frozenset[Mechanism] = frozenset()
    typed: str | None = None
    refuses: type[pkcs11.PKCS11Error] | None = None
    broken: list[pkcs11.PKCS11Error] = field(default_factory=list)
    is_empty: bool = False
    is_deaf: bool = False
    hides: frozenset[Attribute] = frozenset()
    opened: list[object] = field(default_factory=list)
    mechanisms: list[Mechanism] = field(default_factory=list)

    def lib(self, real: Callable[[str], Any]) -> Callable[[str], Any]:
        """In place of ``pkcs11.lib``."""
        return lambda module: _Lib(self, real(module))


class _Behind:
    def __init__(self, reader: Reader, real: Any) -> None:
        self.reader = reader
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class _Lib(_Behind):
    def get_slots(self) -> list[Any]:
        if self.reader.is_deaf:
            raise pkcs11.GeneralError
        return [_Slot(self.reader, one) for one in self.real.get_slots()]


class _Slot(_Behind):
    def get_token(self) -> Any:
        if self.reader.is_empty:
            raise pkcs11.TokenNotPresent
        return _Token(self.reader, self.real.get_token())

    def get_mechanisms(self) -> set[Mechanism]:
        there: set[Mechanism] = self.real.get_mechanisms()
        return (there | self.reader.has) - self.reader.lacks


class _Token(_Behind):
    @property
    def slot(self) -> Any:
        return _Slot(self.reader, self.real.slot)

    @property
    def flags(self) -> TokenFlag:
        return TokenFlag(self.real.flags | self.reader.flags)

    def open(self, user_pin: object = None, **more: Any) -> Any:
        self.reader.opened.append(user_pin)
        if self.reader.refuses is not None:
            raise self.reader.refuses
        pin = self.reader.typed if user_pin is PROTECTED_AUTH else user_pin
        return _Session(self.reader, self.real.open(user_pin=pin, **more))


class _Session(_Behind):
    def get_objects(self, template: Any) -> Iterator[Any]:
        for one in self.real.get_objects(template):
            yield _Key(self.reader, one) if hasattr(one, "sign") else one


class _Key(_Behind):
    def __getitem__(self, name: Attribute) -> Any:
        if name in self.reader.hides:
            raise pkcs11.AttributeTypeInvalid
        return self.real[name]

    def sign(self, data: bytes, mechanism: Mechanism, pin: str | None = None, **more: Any) -> bytes:
        if self.reader.broken:
            raise self.reader.broken.pop(0)
        self.reader.mechanisms.append(mechanism)
        sent = self.reader.typed if pin == "" else pin
        return bytes(self.real.sign(data, mechanism=mechanism, pin=sent, **more))
