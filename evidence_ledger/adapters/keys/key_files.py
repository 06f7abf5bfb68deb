"""Signing keys in files: PEM (key and X.509 certificates together), PKCS #12, and files that say
where in a PKCS #11 token a key is.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from evidence_ledger.adapters.durable_file import write_new
from evidence_ledger.adapters.file_errors import why
from evidence_ledger.adapters.keys.pin_desk import PIN, Pins
from evidence_ledger.adapters.keys.pkcs11_reference import START, parse_reference_file
from evidence_ledger.adapters.keys.pkcs11_signer import Pkcs11Signer
from evidence_ledger.adapters.keys.software_signer import SoftwareSigner
from evidence_ledger.core import der
from evidence_ledger.errors import FormatError, KeyUnreadable, UsageError, WrongPassword

LARGEST = 1 << 20
"""Bytes of one key file."""

_MODE = 0o600

FileSigner = SoftwareSigner | Pkcs11Signer


def open_signer(
    path: Path,
    password: str | None = None,
    *,
    certificates: Path | None = None,
    scheme: str | None = None,
    pin_variable: str = PIN,
) -> FileSigner:
    """The key in a PEM or PKCS #12 file, or in the token that the file refers to.

    ``certificates`` is a PEM file with its X.509 certificates, where they are not beside the key.
    ``scheme`` is as in ``SoftwareSigner``. A token is not touched before it is to sign; its PIN is
    ``password``, else that in the environment variable ``pin_variable``. Raises KeyUnreadable,
    WrongPassword, WrongKey, UsageError.
    """
    data = read_key_file(path)
    if data.startswith(START):
        if certificates is not None or scheme is not None:
            raise UsageError("What belongs to a key in a token is chosen when it is imported.")
        return Pkcs11Signer(*parse_reference_file(data, path), Pins(password, pin_variable))
    if b"-----BEGIN " in data:
        key, found = _pem_key(data, password, path), _pem_certificates(data, path)
    else:
        key, found = _pkcs12(data, password, path)
    if certificates is not None:
        found += read_certificates(certificates)
    if not found:
        raise KeyUnreadable(
            f"There is no X.509 certificate beside the key in {path.name}.",
            where=str(path),
            hint=(
                "Put both into one file: evidence key import KEY --certificates CERTIFICATE.pem "
                "--out NEW.pem"
            ),
        )
    return SoftwareSigner(key, found, scheme)


def save_signer(signer: FileSigner, path: Path, password: str | None = None) -> None:
    """Write key and X.509 certificates to a new PEM file that only its owner can read.

    Of a key in a token, where it is. Raises OutputExists, OutputUnwritable.
    """
    write_new(path, signer_file(signer, password), mode=_MODE)


def signer_file(signer: FileSigner, password: str | None = None) -> bytes:
    """Key and X.509 certificates as PEM; of a key in a token, where it is."""
    if isinstance(signer, Pkcs11Signer):
        return signer.file()
    loaded = (x509.load_der_x509_certificate(one) for one in signer.chain)
    pems = (one.public_bytes(serialization.Encoding.PEM) for one in loaded)
    return signer.private_pem(password) + b"".join(pems)


_MISSING = (
    "Check that the file is there and that you may read it; put a ledger's own keys back from "
    "a backup."
)


def read_key_file(path: Path) -> bytes:
    """The bytes of a small file. Raises KeyUnreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise KeyUnreadable(
            f"{path.name} can't be read: {why(error)}.", where=str(path), hint=_MISSING
        ) from error
    if len(data) > LARGEST:
        raise KeyUnreadable(f"{path.name} is too large for a key.", where=str(path))
    return data


def _pem_key(data: bytes, password: str | None, path: Path) -> object:
    block = _private_block(data, path)
    locked = b"ENCRYPTED" in block
    try:
        return serialization.load_pem_private_key(
            block, password.encode() if password and locked else None
        )
    except (TypeError, ValueError) as error:
        if locked:
            raise _wrong_password(path, password) from error
        raise KeyUnreadable(f"The key in {path.name} is malformed.", where=str(path)) from error
    except UnsupportedAlgorithm as error:
        raise KeyUnreadable(
            f"The kind of key in {path.name} is not supported.", where=str(path)
        ) from error


def private_blocks(data: bytes) -> list[bytes]:
    """The PEM blocks with a private key, each with its first and last line."""
    lines = data.splitlines()
    starts = [
        n for n, line in enumerate(lines) if b"-----BEGIN " in line and b"PRIVATE KEY" in line
    ]
    return [_block(lines[start:]) for start in starts]


def _block(rest: list[bytes]) -> bytes:
    end = next((n for n, line in enumerate(rest) if b"-----END " in line), len(rest) - 1)
    return b"\n".join(rest[: end + 1]) + b"\n"


def _private_block(data: bytes, path: Path) -> bytes:
    """The one PEM block with a private key."""
    blocks = private_blocks(data)
    if len(blocks) != 1:
        raise KeyUnreadable(
            f"{path.name} holds {len(blocks) or 'no'} private keys; it must hold one.",
            where=str(path),
            hint="Name the file that holds the key.",
        )
    return blocks[0]


def read_certificates(path: Path) -> list[bytes]:
    """The X.509 certificates in a PEM file (DER). Raises KeyUnreadable."""
    found = _pem_certificates(read_key_file(path), path)
    if not found:
        raise KeyUnreadable(f"There is no X.509 certificate in {path.name}.", where=str(path))
    return found


def _pem_certificates(data: bytes, path: Path) -> list[bytes]:
    if b"-----BEGIN CERTIFICATE-----" not in data:
        return []
    try:
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise KeyUnreadable(
            f"An X.509 certificate in {path.name} is malformed.", where=str(path)
        ) from error
    return [one.public_bytes(serialization.Encoding.DER) for one in found]


def _pkcs12(data: bytes, password: str | None, path: Path) -> tuple[object, list[bytes]]:
    _require_pkcs12(data, path)
    try:
        found = pkcs12.load_pkcs12(data, password.encode() if password else None)
    except (ValueError, TypeError) as error:
        raise _wrong_password(path, password) from error
    except UnsupportedAlgorithm as error:
        raise KeyUnreadable(
            f"The encryption of {path.name} is not supported.", where=str(path)
        ) from error
    if found.key is None:
        raise KeyUnreadable(f"{path.name} holds no private key.", where=str(path))
    held = ([found.cert] if found.cert else []) + found.additional_certs
    return found.key, [one.certificate.public_bytes(serialization.Encoding.DER) for one in held]


def _require_pkcs12(data: bytes, path: Path) -> None:
    """A PFX starts with SEQUENCE { INTEGER 3, … } (RFC 7292); some are BER, so no more is asked."""
    if data[:1] == b"\x30" and b"\x02\x01\x03\x30" in data[:16]:
        try:
            der.parse(data, "PKCS #12", largest=LARGEST)
        except FormatError as error:
            if error.reason not in der.BER_FORMS:
                raise KeyUnreadable(f"{path.name} is damaged.", where=str(path)) from error
        return
    raise KeyUnreadable(
        f"{path.name} is neither a PEM nor a PKCS #12 file.",
        where=str(path),
        hint="Convert the key to one of these forms first.",
    )


def _wrong_password(path: Path, password: str | None) -> WrongPassword:
    if password:
        return WrongPassword(f"The password does not open {path.name}.", where=str(path))
    return WrongPassword(
        f"{path.name} needs a password.", where=str(path), hint="Name --password-file FILE."
    )
