"""DER and BER, and what is written in them without a time: X.509, revocation data, signatures."""

from __future__ import annotations

from functools import partial

from cryptography import x509

from evidence_ledger.core import ber, cades, cms, der, pem
from evidence_ledger.core.ocsp_response import matching_answers, parse_response, responder_of
from evidence_ledger.core.revocation_list import parse_list, require_signer
from evidence_ledger.core.revocation_values import sorted_data
from evidence_ledger.core.x509_certificate import parse_certificate
from tests.fuzz.target import Target, each, read_corpus
from tests.revocation_factory import DAY, Gone, answer, crl, responder
from tests.token_factory import sign, token
from tests.x509_factory import NOW, TIMESTAMPS, issue, key_of

ROOT = issue("Root", authority=True, key=key_of("p256", 1))
LEAF = issue("Leaf", ROOT, purposes=TIMESTAMPS)
OTHER = issue("Other", ROOT, key=key_of("rsa2048"))
CONTENT = b'{"kind":"deposit"}'
CERTIFICATES = (ROOT.der, LEAF.der, OTHER.der, issue("Ed", ROOT, key=key_of("ed25519")).der)
PROPERTIES = (
    *("subject_text", "public_key", "key_usage", "extended_key_usage"),
    *("basic_constraints", "subject_key_identifier"),
)
INDEFINITE = bytes.fromhex("30800201052480040161040162000030800000" + "0000")

_GONE = Gone(LEAF, NOW, x509.ReasonFlags.key_compromise, NOW - DAY)
_BY = responder(ROOT)
CRLS = (crl(ROOT), crl(ROOT, _GONE), crl(ROOT, Gone(OTHER, NOW)))
OCSPS = (answer(LEAF, ROOT), answer(LEAF, ROOT, by=_BY), answer(LEAF, ROOT, gone=_GONE))


def signature() -> bytes:
    """A CAdES signature over ``CONTENT``."""
    attributes = cades.to_be_signed(CONTENT, NOW, LEAF.der, "ecdsa-sha256")
    return cades.assemble(attributes, sign(LEAF, attributes.encoded), (ROOT.der, LEAF.der))


def _read_all(data: bytes) -> None:
    """Every node, by every reader."""
    left = [der.parse(data, "fuzz")]
    while left:
        node = left.pop()
        whole = (node.integer, node.boolean, node.oid, node.bits, node.flags, node.octets)
        each(*(partial(one, "fuzz", node.tag) for one in whole))
        each(*(partial(one, "fuzz") for one in (node.text, node.time)))
        each(partial(node.ascending, "fuzz", node.tag))
        if node.tag & 0x20:
            each(partial(_descend, node, left))


def _descend(node: der.Node, left: list[der.Node]) -> None:
    members = node.elements("fuzz", node.tag)
    assert b"".join(one.raw for one in members) == node.content
    left += members


def _definite(data: bytes) -> None:
    """What comes out has one frame and stays as it is."""
    found = ber.definite(data)
    assert der.parse(found, "fuzz").raw == found
    assert ber.definite(found) == found


def _certificate(data: bytes) -> None:
    found, root = parse_certificate(data), parse_certificate(ROOT.der)
    assert found.raw == data
    each(*(partial(getattr, found, name) for name in PROPERTIES))
    each(lambda: found.is_signed_by(root.public_key), lambda: root.is_signed_by(found.public_key))


def _pem(data: bytes) -> None:
    each(lambda: pem.certificates(data, where="f"), lambda: pem.revocation_lists(data, where="f"))


def _list(data: bytes) -> None:
    found, root = parse_list(data), parse_certificate(ROOT.der)
    each(lambda: found.status_of(parse_certificate(LEAF.der)), lambda: found.status_of(root))
    require_signer(found, root)
    assert found.signed in {parse_list(one).signed for one in CRLS}, "nobody signed this"


def _ocsp(data: bytes) -> None:
    each(lambda: sorted_data([data]))
    found = parse_response(data)
    leaf, root = parse_certificate(LEAF.der), parse_certificate(ROOT.der)
    each(*(partial(one.status_of, leaf) for one in matching_answers(found, leaf, root)))
    responder_of(found, root)
    assert found.signed in {parse_response(one).signed for one in OCSPS}, "nobody signed this"


def _signed(data: bytes) -> None:
    each(lambda: cms.parse_signed_data(data))
    found = cades.verify(data, CONTENT)
    assert (found.certificate, found.signing_time) == (LEAF.der, NOW)


def targets() -> tuple[Target, ...]:
    """All of this file."""
    foreign = read_corpus("rfc3161/*/*.tsr", "rfc4998/*.er", "rfc4998/*simple*.ers")
    pems = (ROOT.pem, LEAF.pem + OTHER.pem, *read_corpus("rfc3161/*/*.pem"))
    everything = (*CERTIFICATES, *CRLS, *OCSPS, signature(), token(), *foreign)
    return (
        Target("der", _read_all, everything),
        Target("ber", _definite, (INDEFINITE, *everything)),
        Target("x509", _certificate, CERTIFICATES),
        Target("pem", _pem, pems),
        Target("crl", _list, CRLS),
        Target("ocsp", _ocsp, OCSPS),
        Target("cades", _signed, (signature(),)),
    )
