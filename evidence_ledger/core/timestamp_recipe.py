"""The steps of the recipe in ``timestamp_verification``, as reports tell them."""

from __future__ import annotations

from typing import Final

from evidence_ledger.core.recipe import Task

READ: Final = Task(
    "1",
    "form",
    "RFC 3161, 2.4.2",
    "A timestamp is a small signed document in which an authority states a time and a digest.",
)
IMPRINT: Final = Task(
    "2",
    "digest",
    "RFC 3161, 2.4.2 (messageImprint)",
    "A digest is a short number computed from all bytes of a file. If one bit of the file "
    "changes, so does the digest.",
)
NONCE: Final = Task(
    "3",
    "nonce",
    "RFC 3161, 2.4.2 (nonce)",
    "The nonce is a random number sent with the request, so that no old answer can be replayed.",
)
POLICY: Final = Task(
    "4",
    "policy",
    "RFC 3161, 2.4.2 (policy)",
    "The policy says by which rules the authority works.",
)
SIGNER: Final = Task(
    "5",
    "signer",
    "RFC 5652, 5.3; RFC 5035, 5",
    "The X.509 certificate says whose key it is. Binding it keeps anyone from showing another one.",
)
SIGNATURE: Final = Task(
    "6",
    "signature",
    "RFC 5652, 5.4, 5.6 and 11",
    "Only the owner of the key can make a signature that fits both the document and the key.",
)
CHAIN: Final = Task(
    "7",
    "authority",
    "RFC 3161, 2.3; RFC 5280, 6",
    "Each X.509 certificate is signed by the one above it, up to a root that you chose to trust.",
)
FUTURE: Final = Task(
    "8",
    "time",
    "RFC 3161, 2.4.2 (genTime)",
    "A time later than now can't be true.",
)
EXPIRY: Final = Task(
    "9",
    "age",
    "ETSI EN 319 102-1, 5.2.6",
    "When an X.509 certificate expires, nobody watches over its key any more: a token that shows "
    "up later might be forged, unless something else proves that it existed before.",
)
REVOCATION: Final = Task(
    "10",
    "revocation",
    "RFC 3161, 4; RFC 5280, 6.3; RFC 6960, 4.2",
    "An issuer takes an X.509 certificate back when its key has been stolen or its owner stops; "
    "what was signed after that proves nothing.",
)

PASSED: Final = {
    "1": "It is a timestamp, and nothing else.",
    "2": "It is over the digest given.",
    "3": "It answers this very request.",
    "4": "It was issued under the policy asked for.",
    "5": "One authority signed it, and its X.509 certificate is bound into the signature.",
    "6": "The authority's signature is right.",
    "7": "A root that you trust vouches for the authority, for timestamps, at that time.",
    "8": "Its time is not in the future.",
    "9": "Its X.509 certificates have not expired, or something proves that it is older.",
}
"""What each step says when it passed, by its number."""
