"""Root X.509 certificates on this machine, found by their fingerprints.

The bundles are where one lies, not why it is trusted: a SHA-256 that is known says which it is.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from base64 import b64decode
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

LARGEST: Final = 16 * 1024 * 1024
_BLOCK: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----"
)


def roots_here(sha256: Collection[str]) -> tuple[bytes, ...]:
    """The DER of those that are here, each once. Bundles that can't be read are left out."""
    found: dict[str, bytes] = {}
    for data in _bundled():
        name = hashlib.sha256(data).hexdigest()
        if name in sha256:
            found[name] = data
    return tuple(found[name] for name in sha256 if name in found)


def _bundled() -> Iterator[bytes]:
    import certifi

    for place in (certifi.where(), ssl.get_default_verify_paths().cafile):
        with suppress(OSError):
            with Path(place or "").open("rb") as file:
                whole = file.read(LARGEST)
            for body in _BLOCK.findall(whole):
                with suppress(ValueError):
                    yield b64decode(body)
