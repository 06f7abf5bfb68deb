"""What is kept of a key in a PKCS #11 token: where it is, never the key nor the PIN.

    pkcs11:token=Notary%20Wang;serial=4b03fbb2;object=signing;id=%01%02?module-path=/usr/lib/p11.so&x-scheme=ecdsa-sha256
    -----BEGIN CERTIFICATE-----
    …

The first line is a PKCS #11 URI (RFC 7512); ``x-scheme`` is ours. The X.509 certificates follow, the
key's own first.
"""  # noqa: E501 the URI is one line

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence_ledger.core.algorithm import SCHEMES
from evidence_ledger.errors import KeyUnreadable

START = b"pkcs11:"

_PATH = ("token", "serial", "object", "id")
_QUERY = ("module-path", "x-scheme")


@dataclass(frozen=True, slots=True)
class Pkcs11Reference:
    """One key of one token: the library that reaches it, and what library and token call it.

    ``label`` and ``key_id`` are those of the key; what is empty is not asked for. ``scheme`` is a
    name in ``core.algorithm.SCHEMES``.
    """

    module: Path
    token: str
    serial: bytes
    label: str
    key_id: bytes
    scheme: str

    def encode(self) -> str:
        """The URI."""
        path = (self.token.encode(), self.serial, self.label.encode())
        texts = [quote_from_bytes(one, safe="") for one in path]
        texts.append("".join(f"%{byte:02X}" for byte in self.key_id))
        named = (f"{name}={text}" for name, text in zip(_PATH, texts, strict=True) if text)
        module = quote_from_bytes(os.fsencode(self.module), safe="/")
        return f"pkcs11:{';'.join(named)}?module-path={module}&x-scheme={self.scheme}"


def reference_file(reference: Pkcs11Reference, chain: Sequence[bytes]) -> bytes:
    """The file that stands for the key, with its chain (DER X.509 certificates)."""
    loaded = (x509.load_der_x509_certificate(one) for one in chain)
    pems = b"".join(one.public_bytes(Encoding.PEM) for one in loaded)
    return f"{reference.encode()}\n".encode() + pems


def parse_reference_file(data: bytes, where: Path) -> tuple[Pkcs11Reference, tuple[bytes, ...]]:
    """The reference and the chain in such a file. Raises KeyUnreadable."""
    line, _, rest = data.partition(b"\n")
    try:
        reference = _parse(line.decode("ascii"))
        loaded = x509.load_pem_x509_certificates(rest)
        chain = tuple(one.public_bytes(Encoding.DER) for one in loaded)
        if reference_file(reference, chain) != data:
            raise ValueError("not the one encoding")
    except (ValueError, KeyError) as error:
        raise KeyUnreadable(
            f"{where.name} does not name a key in a token as this program writes it.",
            where=str(where),
            hint="Write it anew with: evidence key import --pkcs11 MODULE",
        ) from error
    return reference, chain


def _parse(line: str) -> Pkcs11Reference:
    path, _, query = line.removeprefix(START.decode()).partition("?")
    found = _attributes(path, ";", _PATH)
    asked = _attributes(query, "&", _QUERY)
    module, scheme = Path(os.fsdecode(asked["module-path"])), asked["x-scheme"].decode()
    if scheme not in SCHEMES or not module.is_absolute():
        raise ValueError("no scheme or no path")
    return Pkcs11Reference(
        module=module,
        token=found.get("token", b"").decode(),
        serial=found.get("serial", b""),
        label=found.get("object", b"").decode(),
        key_id=found.get("id", b""),
        scheme=scheme,
    )


def _attributes(text: str, separator: str, names: Sequence[str]) -> dict[str, bytes]:
    pairs = [one.partition("=") for one in text.split(separator)] if text else []
    if any(name not in names for name, _, _ in pairs):
        raise ValueError("a strange attribute")
    return {name: unquote_to_bytes(value) for name, _, value in pairs}
