"""OCSP responses: read strictly, believed only from those who may speak."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_ledger.core import der
from evidence_ledger.core import der_writer as w
from evidence_ledger.core.ocsp_response import (
    LARGEST,
    matching_answers,
    parse_response,
    responder_of,
)
from evidence_ledger.core.revocation_status import Reason
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Undecided
from tests.revocation_factory import DAY, Gone, answer, responder
from tests.x509_factory import NOW, YEAR, Holder, issue

ROOT = issue("Answer root", authority=True)
OTHER = issue("Answer stranger", authority=True)
LEAF = issue("Answer leaf", ROOT)
RESPONDER = responder(ROOT)


def told(data: bytes, whom: Holder = LEAF, issuer: Holder = ROOT) -> list[object]:
    """The statuses of ``whom`` in a response."""
    certificate = parse_certificate(whom.der)
    found = matching_answers(parse_response(data), certificate, parse_certificate(issuer.der))
    return [one.status_of(certificate) for one in found]


@pytest.mark.parametrize("digest", [None, hashes.SHA256()], ids=["SHA-1", "SHA-256"])
@pytest.mark.parametrize("by_key", [True, False], ids=["by key", "by name"])
def test_reads_what_another_library_wrote(digest: hashes.SHA256 | None, by_key: bool) -> None:
    parsed = parse_response(answer(LEAF, ROOT, digest=digest, by_key=by_key))
    certificate, issuer = parse_certificate(LEAF.der), parse_certificate(ROOT.der)
    (found,) = matching_answers(parsed, certificate, issuer)
    status = found.status_of(certificate)
    assert (status.issued, status.until) == (NOW + DAY, NOW + 8 * DAY)
    assert status.revoked is None
    assert status.complete
    assert responder_of(parsed, issuer).raw == ROOT.der


def test_revoked() -> None:
    gone = Gone(LEAF, NOW - DAY, x509.ReasonFlags.superseded)
    parsed = parse_response(answer(LEAF, ROOT, gone=gone))
    assert parsed.answers[0].revoked is not None
    assert parsed.answers[0].revoked.moment == NOW - DAY
    assert parsed.answers[0].revoked.reason is Reason.SUPERSEDED


def test_unknown_says_nothing() -> None:
    parsed = parse_response(answer(LEAF, ROOT, unknown=True))
    status = parsed.answers[0].status_of(parse_certificate(LEAF.der))
    assert status.revoked is None
    assert not status.complete


def test_the_basic_response_alone() -> None:
    whole = answer(LEAF, ROOT)
    outer = der.parse(whole, "test").fields("test")
    outer.next()
    inner = outer.next().only("test", der.context(0)).fields("test")
    inner.next()
    basic = inner.next().octets("test")
    assert parse_response(basic) == parse_response(whole)


def test_about_another_one_or_by_another_issuer() -> None:
    assert told(answer(issue("Somebody", ROOT), ROOT)) == []
    assert told(answer(LEAF, ROOT), issuer=OTHER) == []


def test_openssl_agrees(tmp_path: Path) -> None:
    for name, data in (("root", ROOT.pem), ("leaf", LEAF.pem)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "answer").write_bytes(answer(LEAF, ROOT, by=RESPONDER))
    command = ["openssl", "ocsp", "-respin", "answer", "-CAfile", "root", "-issuer", "root"]
    command += ["-cert", "leaf", "-attime", str(int((NOW + DAY).timestamp()))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert b"good\n\tThis Update" in done.stdout  # whether it is fresh, it judges by now
    assert b"Response verify OK" in done.stderr


RESPONDERS = {
    "the issuer": (answer(LEAF, ROOT), None),
    "a delegate": (answer(LEAF, ROOT, by=RESPONDER), None),
    "a delegate by name": (answer(LEAF, ROOT, by=RESPONDER, by_key=False), None),
    "one without the purpose": (
        answer(LEAF, ROOT, by=responder(ROOT, delegated=False)),
        "ocsp.not-delegated",
    ),
    "another issuer's delegate": (answer(LEAF, ROOT, by=responder(OTHER)), "ocsp.responder-chain"),
    "one whose time was over": (
        answer(LEAF, ROOT, by=responder(ROOT, end=NOW - DAY)),
        "ocsp.responder-chain",
    ),
    "a stranger": (
        answer(LEAF, ROOT, impostor=issue("Answer root", authority=True)),
        "ocsp.responder",
    ),
    "a stranger in the delegate's name": (
        answer(LEAF, ROOT, by=RESPONDER, impostor=responder(OTHER)),
        "ocsp.responder",
    ),
}


@pytest.mark.parametrize("case", RESPONDERS)
def test_responder(case: str) -> None:
    data, reason = RESPONDERS[case]
    issuer = parse_certificate(ROOT.der)
    if reason is None:
        assert responder_of(parse_response(data), issuer)
        return
    with pytest.raises(Undecided) as caught:
        responder_of(parse_response(data), issuer)
    assert caught.value.reason == reason


@pytest.mark.parametrize("status", [one for one in ocsp.OCSPResponseStatus if one.value])
def test_no_answer(status: ocsp.OCSPResponseStatus) -> None:
    built = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    with pytest.raises(Undecided) as caught:
        parse_response(built.public_bytes(Encoding.DER))
    assert caught.value.reason == "ocsp.no-answer"


def test_critical_extension() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    with pytest.raises(Undecided) as caught:
        parse_response(answer(LEAF, ROOT, extra=[(strange, True)]))
    assert caught.value.reason == "ocsp.critical-extension"
    assert parse_response(answer(LEAF, ROOT, extra=[(x509.OCSPNonce(bytes(8)), True)]))


def test_expired_ones_may_have_been_forgotten() -> None:
    data = answer(LEAF, ROOT, issued=NOW + YEAR + DAY, until=None)
    status = parse_response(data).answers[0].status_of(parse_certificate(LEAF.der))
    assert not status.complete


def built(**changes: bytes) -> bytes:
    """A basic response by hand, signed by nobody, right but for the changes."""
    parts = {
        "version": b"",
        "responder": w.explicit(2, w.octet_string(bytes(20))),
        "status": w.tlv(0x80, b""),
        "extensions": b"",
    } | changes
    algorithm = w.sequence(w.oid("1.2.840.10045.4.3.2"))
    sha1 = w.sequence(w.oid("1.3.14.3.2.26"))
    hashes_ = w.octet_string(bytes(20)) * 2
    name = w.sequence(sha1, hashes_, w.integer(7))
    moment = w.generalized_time(NOW)
    single = w.sequence(name, parts["status"], moment, parts["extensions"])
    signed = w.sequence(parts["version"], parts["responder"], moment, w.sequence(single))
    return w.sequence(signed, algorithm, w.tlv(0x03, b"\x00\x01"))


def cutoff(value: bytes) -> bytes:
    extension = w.sequence(w.oid("1.3.6.1.5.5.7.48.1.6"), w.octet_string(value))
    return w.explicit(1, w.sequence(extension))


def test_by_hand() -> None:
    assert parse_response(built()).answers[0].known
    kept = parse_response(built(extensions=cutoff(w.generalized_time(NOW - YEAR))))
    assert kept.answers[0].archive_cutoff == NOW - YEAR


WRONG = {
    "a newer version": (built(version=w.explicit(0, w.integer(1))), NewerFormat, "ocsp.newer"),
    "another kind": (
        w.sequence(
            w.tlv(0x0A, b"\x00"),
            w.explicit(0, w.sequence(w.oid("1.2.3"), w.octet_string(b""))),
        ),
        NewerFormat,
        "ocsp.newer",
    ),
    "no such status": (built(status=w.tlv(0x83, b"")), FormatError, "ocsp.status"),
    "a status that is not empty": (built(status=w.tlv(0x80, b"x")), FormatError, "ocsp.status"),
    "no such reason": (
        built(status=w.tlv(0xA1, w.generalized_time(NOW) + w.explicit(0, w.tlv(0x0A, b"\x07")))),
        FormatError,
        "revocation.reason",
    ),
    "no responder": (built(responder=b""), FormatError, "der.unexpected-tag"),
    "too large": (bytes(LARGEST + 1), FormatError, "der.too-large"),
}


@pytest.mark.parametrize("case", WRONG)
def test_refuses(case: str) -> None:
    data, kind, reason = WRONG[case]
    with pytest.raises(kind) as caught:
        parse_response(data)
    assert isinstance(caught.value, EvidenceError)
    assert caught.value.reason == reason


DAMAGED = answer(LEAF, ROOT)


@given(st.integers(0, len(DAMAGED) - 1), st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_damage_is_refused_or_breaks_the_signature(at: int, value: int) -> None:
    whole = bytearray(DAMAGED)
    if whole[at] == value:
        return
    whole[at] = value
    with pytest.raises(EvidenceError):
        responder_of(parse_response(bytes(whole)), parse_certificate(ROOT.der))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_response(data)
