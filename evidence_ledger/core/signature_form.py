"""The one form of all CAdES signatures that one program makes with one key.

    SignedData { ... certificates, signerInfo { ...
        signedAttrs { content-type, signing-time ......Z, message-digest ........, binding },
        signatureAlgorithm, signature ........ } }

Once ``cades.verify`` has accepted one of them in full, another is right where all bytes but the
dotted ones are equal, the time exists, the digest is the content's, and the signature verifies:
every length, and thus every place, is among the equal bytes. What does not match is not wrong for
that; only ``cades.verify`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from evidence_ledger.core import der, oid
from evidence_ledger.core.algorithm import Digest, digest_of, scheme_of
from evidence_ledger.core.cms import parse_signed_data
from evidence_ledger.core.public_key import Check
from evidence_ledger.core.x509_certificate import parse_certificate

_WHAT: Final = "SignedData"
# Days that every year has, behind a year of two digits (UTCTime) or four (GeneralizedTime).
_MOMENT: Final = re.compile(
    rb"(?:[0-9]{2}|[12][0-9]{3})"
    rb"(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)"
    rb"|(?:0[13578]|1[02])31)"
    rb"(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z"
)


@dataclass(frozen=True, slots=True)
class SignatureForm:
    """What signatures of one form share, and where they differ.

    ``fixed`` are the equal bytes before, between and behind the time, the digest and the signature,
    which lie at ``time``, ``digest`` and ``signature``; those behind the time lie at ``between``,
    the signed attributes at ``attributes``.
    ``hash_of`` hashes the content, None for SHA-256; ``are_right`` is the arithmetic.
    """

    fixed: tuple[bytes, bytes, bytes, bytes]
    time: tuple[int, int]
    between: tuple[slice, slice, slice]
    digest: slice
    signature: slice
    attributes: slice
    hash_of: Callable[[bytes], bytes] | None
    are_right: Check

    def accepts(
        self, signatures: Sequence[bytes], contents: Sequence[bytes], sha256: Sequence[bytes]
    ) -> bool:
        """Whether all are of this form and ``cades.verify`` accepts each over its content.

        ``sha256`` are the contents'.
        """
        fit = self.fits(signatures, contents, sha256)
        return fit and self.are_right(*self.signed(signatures))

    def fits(
        self, signatures: Sequence[bytes], contents: Sequence[bytes], sha256: Sequence[bytes]
    ) -> bool:
        """As ``accepts``, but for the arithmetic."""
        hashed, digest = self.hash_of, self.digest
        digests = list(sha256) if hashed is None else [hashed(one) for one in contents]
        return (
            self._has_equal_bytes(signatures)
            and [cms[digest] for cms in signatures] == digests
            and self._has_times(signatures)
        )

    def _has_equal_bytes(self, signatures: Sequence[bytes]) -> bool:
        start, between, behind, last = self.fixed
        second, third, fourth = (one.start for one in self.between)
        return False not in [
            cms.startswith(start)
            and cms.startswith(between, second)
            and cms.startswith(behind, third)
            and cms[fourth:] == last
            for cms in signatures
        ]

    def _has_times(self, signatures: Sequence[bytes]) -> bool:
        start, stop = self.time
        return all(map(_MOMENT.fullmatch, {cms[start:stop] for cms in signatures}))

    def signed(self, signatures: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
        """What the arithmetic needs: the signatures proper, and what each is over."""
        signature, attributes = self.signature, self.attributes
        messages = [b"\x31" + cms[attributes] for cms in signatures]
        return [cms[signature] for cms in signatures], messages


def form_of(cms: bytes, certificate: bytes) -> SignatureForm | None:
    """The form of ``cms``, which ``cades.verify`` has accepted as made with ``certificate`` (DER).

    None where the time is an odd one, or stands behind the digest.
    """
    attributes, time, digest, signature = _places(cms)
    if time.end > digest.start or not _MOMENT.fullmatch(time.content):
        return None
    signer = parse_signed_data(cms).only_signer()
    algorithm = digest_of(signer.digest_algorithm, _WHAT)
    scheme = scheme_of(signer.signature_algorithm, algorithm, _WHAT)
    between = (
        slice(time.end, digest.body),
        slice(digest.end, signature.body),
        slice(signature.end, None),
    )
    return SignatureForm(
        fixed=(cms[: time.body], cms[between[0]], cms[between[1]], cms[between[2]]),
        time=(time.body, time.end),
        between=between,
        digest=slice(digest.body, digest.end),
        signature=slice(signature.body, signature.end),
        attributes=slice(attributes.start + 1, attributes.end),
        hash_of=None if algorithm.name == "sha256" else partial(Digest.of, algorithm),
        are_right=parse_certificate(certificate).public_key.check(scheme),
    )


def _places(cms: bytes) -> tuple[der.Node, der.Node, der.Node, der.Node]:
    """The signed attributes, the time, the digest and the signature of a sound SignedData."""
    outer = der.parse(cms, _WHAT).elements(_WHAT)
    signer = outer[1].only(_WHAT, der.context(0)).elements(_WHAT)[-1].only(_WHAT, der.SET)
    _, _, _, attributes, _, signature, *_ = signer.elements(_WHAT)
    values = {}
    for attribute in attributes.elements(_WHAT, der.context(0)):
        kind, value = attribute.elements(_WHAT)
        values[kind.oid(_WHAT)] = value
    time, digest = (
        values[name].only(_WHAT, der.SET) for name in (oid.SIGNING_TIME, oid.MESSAGE_DIGEST)
    )
    return attributes, time, digest, signature
