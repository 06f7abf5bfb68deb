"""The steps of the recipe in ``timestamp_verification``, as reports tell them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """One step: its number and name in reports, the clause, and what it says when it passed."""

    number: str
    name: str
    clause: str
    passed: str
    explain: str


READ: Final = Part(
    "1",
    "form",
    "RFC 3161, 2.4.2",
    "It is a timestamp, and nothing else.",
    "A timestamp is a small signed document in which an authority states a time and a digest.",
)
IMPRINT: Final = Part(
    "2",
    "digest",
    "RFC 3161, 2.4.2 (messageImprint)",
    "It is over the digest given.",
    "A digest is a short number computed from all bytes of a file. If one bit of the file "
    "changes, so does the digest.",
)
NONCE: Final = Part(
    "3",
    "nonce",
    "RFC 3161, 2.4.2 (nonce)",
    "It answers this very request.",
    "The nonce is a random number sent with the request, so that no old answer can be replayed.",
)
POLICY: Final = Part(
    "4",
    "policy",
    "RFC 3161, 2.4.2 (policy)",
    "It was issued under the policy asked for.",
    "The policy says by which rules the authority works.",
)
SIGNER: Final = Part(
    "5",
    "signer",
    "RFC 5652, 5.3; RFC 5035, 5",
    "One authority signed it, and its X.509 certificate is bound into the signature.",
    "The X.509 certificate says whose key it is. Binding it keeps anyone from showing another one.",
)
SIGNATURE: Final = Part(
    "6",
    "signature",
    "RFC 5652, 5.4, 5.6 and 11",
    "The authority's signature is right.",
    "Only the owner of the key can make a signature that fits both the document and the key.",
)
CHAIN: Final = Part(
    "7",
    "authority",
    "RFC 3161, 2.3; RFC 5280, 6",
    "A root that you trust vouches for the authority, for timestamps, at that time.",
    "Each X.509 certificate is signed by the one above it, up to a root that you chose to trust.",
)
FUTURE: Final = Part(
    "8",
    "time",
    "RFC 3161, 2.4.2 (genTime)",
    "Its time is not in the future.",
    "A time later than now can't be true.",
)
EXPIRY: Final = Part(
    "9",
    "age",
    "ETSI EN 319 102-1, 5.2.6",
    "Its X.509 certificates have not expired, or something proves that it is older.",
    "When an X.509 certificate expires, nobody watches over its key any more: a token that shows "
    "up later might be forged, unless something else proves that it existed before.",
)
