"""Revocation lists: read strictly, used only within their scope."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_ledger.core import der_writer as w
from evidence_ledger.core import pem
from evidence_ledger.core.revocation_list import LARGEST, find_entry, parse_list, require_signer
from evidence_ledger.core.revocation_status import Reason
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, FormatError, NewerFormat, Undecided
from tests.revocation_factory import DAY, Extra, Gone, crl
from tests.x509_factory import NOW, YEAR, Holder, issue, usage

ROOT = issue("List root", authority=True)
OTHER = issue("Other root", authority=True)
LEAF = issue("List leaf", ROOT)
SUB = issue("List sub", ROOT, authority=True)
HERE = x509.UniformResourceIdentifier("http://here.example/list.crl")
ELSEWHERE = x509.UniformResourceIdentifier("http://elsewhere.example/list.crl")


def scope(
    place: x509.GeneralName | None = None,
    *,
    users: bool = False,
    authorities: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    indirect: bool = False,
    attributes: bool = False,
) -> tuple[x509.ExtensionType, bool]:
    """A critical issuingDistributionPoint."""
    names = [place] if place else None
    point = x509.IssuingDistributionPoint(
        names, None, users, authorities, reasons, indirect, attributes
    )
    return point, True


def placed(place: x509.GeneralName, **more: object) -> Holder:
    """A leaf whose list lies at ``place``."""
    reasons = more.get("reasons")
    assert reasons is None or isinstance(reasons, frozenset)
    points = x509.CRLDistributionPoints([x509.DistributionPoint([place], None, reasons, None)])
    return issue("Placed leaf", ROOT, extra=[(points, False)])


def test_reads_what_another_library_wrote() -> None:
    gone = Gone(LEAF, NOW - DAY, x509.ReasonFlags.key_compromise, NOW - 2 * DAY)
    parsed = parse_list(crl(ROOT, gone, Gone(SUB, NOW)))
    assert (parsed.this_update, parsed.next_update) == (NOW + DAY, NOW + 8 * DAY)
    status = parsed.status_of(parse_certificate(LEAF.der))
    assert status.revoked is not None
    assert status.revoked.moment == NOW - DAY
    assert status.revoked.reason is Reason.KEY_COMPROMISE
    assert status.revoked.doubtful_since == NOW - 2 * DAY
    assert parsed.is_signed_by(parse_certificate(ROOT.der).public_key)


def test_one_that_is_not_listed() -> None:
    status = parse_list(crl(ROOT, Gone(SUB, NOW))).status_of(parse_certificate(LEAF.der))
    assert status.revoked is None
    assert status.complete


@pytest.mark.parametrize(
    "reason", [one for one in x509.ReasonFlags if one.value != "removeFromCRL"]
)
def test_every_reason(reason: x509.ReasonFlags) -> None:
    parsed = parse_list(crl(ROOT, Gone(LEAF, NOW, reason)))
    revoked = parsed.status_of(parse_certificate(LEAF.der)).revoked
    assert revoked is not None
    assert revoked.reason is not None
    assert revoked.reason.name == reason.name.upper()


def test_reads_what_openssl_wrote(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "list").write_bytes(crl(ROOT, Gone(LEAF, NOW)))
    command = ["openssl", "crl", "-inform", "DER", "-in", "list", "-CAfile", "root.pem", "-text"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert b"verify OK" in done.stderr
    assert pem.revocation_lists(done.stdout, where="openssl") == ((tmp_path / "list").read_bytes(),)


DAMAGED = crl(ROOT, Gone(LEAF, NOW, x509.ReasonFlags.superseded))
REFUSED: dict[str, tuple[str, Extra]] = {
    "a delta": ("crl.delta", [(x509.DeltaCRLIndicator(1), True)]),
    "an indirect one": ("crl.indirect", [scope(indirect=True)]),
    "an unknown critical extension": (
        "crl.critical-extension",
        [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_to_use(case: str) -> None:
    reason, extra = REFUSED[case]
    with pytest.raises(Undecided) as caught:
        parse_list(crl(ROOT, extra=extra))
    assert caught.value.reason == reason


SCOPES = {
    "users only, for an authority": (SUB, scope(users=True), "crl.other-scope"),
    "users only, for a user": (LEAF, scope(users=True), None),
    "authorities only, for a user": (LEAF, scope(authorities=True), "crl.other-scope"),
    "authorities only, for an authority": (SUB, scope(authorities=True), None),
    "attributes only": (LEAF, scope(attributes=True), "crl.other-scope"),
    "another place": (placed(HERE), scope(ELSEWHERE), "crl.other-scope"),
    "the same place": (placed(HERE), scope(HERE), None),
    "a place, for one that names none": (LEAF, scope(HERE), "crl.other-scope"),
    "no place, for one that names one": (placed(HERE), scope(users=True), None),
    "a place for some reasons alone": (
        placed(HERE, reasons=frozenset([x509.ReasonFlags.key_compromise])),
        scope(HERE),
        "crl.other-scope",
    ),
}


@pytest.mark.parametrize("case", SCOPES)
def test_scope(case: str) -> None:
    whom, extension, reason = SCOPES[case]
    parsed = parse_list(crl(ROOT, extra=[extension]))
    if reason is None:
        assert parsed.status_of(parse_certificate(whom.der)).complete
        return
    with pytest.raises(Undecided) as caught:
        parsed.status_of(parse_certificate(whom.der))
    assert caught.value.reason == reason


def test_silence_of_a_list_for_some_reasons_proves_nothing() -> None:
    some = scope(reasons=frozenset([x509.ReasonFlags.key_compromise]))
    status = parse_list(crl(ROOT, extra=[some])).status_of(parse_certificate(LEAF.der))
    assert not status.complete
    assert not status.covers(NOW)


def test_list_of_another_issuer() -> None:
    with pytest.raises(Undecided) as caught:
        parse_list(crl(OTHER)).status_of(parse_certificate(LEAF.der))
    assert caught.value.reason == "crl.other-issuer"


def kept_since(moment: dt.datetime) -> tuple[x509.ExtensionType, bool]:
    name = x509.ObjectIdentifier("2.5.29.60")
    return x509.UnrecognizedExtension(name, w.generalized_time(moment)), False


@pytest.mark.parametrize(
    ("since", "complete"), [(None, False), (NOW, True), (NOW + 2 * YEAR, False)]
)
def test_expired_ones_may_have_been_dropped(since: dt.datetime | None, complete: bool) -> None:
    extra = [kept_since(since)] if since else []
    data = crl(ROOT, issued=NOW + YEAR + DAY, until=NOW + 2 * YEAR, extra=extra)
    assert parse_list(data).status_of(parse_certificate(LEAF.der)).complete is complete


def test_a_critical_extension_in_any_line_spoils_the_list() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    data = crl(ROOT, Gone(SUB, NOW, extra=[(strange, True)]))
    with pytest.raises(Undecided) as caught:
        parse_list(data).status_of(parse_certificate(LEAF.der))
    assert caught.value.reason == "crl.critical-extension"


def test_a_serial_number_twice() -> None:
    line = w.sequence(w.integer(5), w.x509_time(NOW))
    with pytest.raises(FormatError) as caught:
        find_entry(w.sequence(line, line), 5)
    assert caught.value.reason == "crl.serial-twice"


SIGNERS = {
    "another key": (crl(ROOT, signer=OTHER), ROOT, "crl.signature"),
    "not for lists": (
        crl(NO_LISTS := issue("No lists", authority=True, key_usage=usage("key_cert_sign"))),
        NO_LISTS,
        "crl.key-usage",
    ),
    "after its issuer expired": (
        crl(ROOT, issued=NOW + 2 * YEAR, until=NOW + 3 * YEAR),
        ROOT,
        "crl.issuer-not-valid",
    ),
}


@pytest.mark.parametrize("case", SIGNERS)
def test_signer(case: str) -> None:
    data, issuer, reason = SIGNERS[case]
    with pytest.raises(Undecided) as caught:
        require_signer(parse_list(data), parse_certificate(issuer.der))
    assert caught.value.reason == reason


def test_right_signer() -> None:
    require_signer(parse_list(crl(ROOT)), parse_certificate(ROOT.der))


def _rebuilt(version: int | None, second: bytes | None = None) -> bytes:
    """A list by hand, signed by nobody."""
    algorithm = w.sequence(w.oid("1.2.840.10045.4.3.2"))
    head = b"" if version is None else w.integer(version)
    issuer = ROOT.certificate.subject.public_bytes()
    signed = w.sequence(head, algorithm, issuer, w.x509_time(NOW))
    return w.sequence(signed, second or algorithm, w.tlv(0x03, b"\x00\x01"))


def test_versions() -> None:
    assert parse_list(_rebuilt(None)).next_update is None
    assert parse_list(_rebuilt(1)).extensions == {}
    with pytest.raises(NewerFormat) as caught:
        parse_list(_rebuilt(2))
    assert caught.value.reason == "crl.newer"
    with pytest.raises(FormatError) as wrong:
        parse_list(_rebuilt(0))
    assert wrong.value.reason == "crl.version"


def test_two_algorithms() -> None:
    with pytest.raises(FormatError) as caught:
        parse_list(_rebuilt(1, w.sequence(w.oid("1.2.840.10045.4.3.3"))))
    assert caught.value.reason == "crl.two-algorithms"


def test_too_large() -> None:
    with pytest.raises(FormatError) as caught:
        parse_list(bytes(LARGEST + 1))
    assert caught.value.reason == "der.too-large"


@given(st.integers(0, 600), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_damage_is_refused_or_breaks_the_signature(at: int, value: int) -> None:
    whole = bytearray(DAMAGED)
    at %= len(whole)
    if whole[at] == value:
        return
    whole[at] = value
    with pytest.raises(EvidenceError):
        require_signer(parse_list(bytes(whole)), parse_certificate(ROOT.der))


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_list(data)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN X509 CRL-----\nMII", b"\x31\x00"])
def test_no_list_in_a_file(text: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        pem.revocation_lists(text, where="a file")
    assert caught.value.reason == "crl.pem"
