"""Revocation data over HTTP: what is there is taken, and nothing that fails stops anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from evidence_ledger.adapters.timestamping import capture
from evidence_ledger.adapters.timestamping.capture import HttpRevocation
from evidence_ledger.core import revocation_list
from evidence_ledger.core.ocsp_request import build_request
from evidence_ledger.core.x509_certificate import parse_certificate
from tests.revocation_factory import answer, crl
from tests.x509_factory import Holder, issue

LIST = "http://list.example/ca.crl"
OCSP = "http://ocsp.example/"
ROOT = issue("Capture root", authority=True)


def points(*addresses: str) -> tuple[x509.ExtensionType, bool]:
    names = [x509.UniformResourceIdentifier(one) for one in addresses]
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([one], None, None, None) for one in names]
    ), False


def access(*addresses: str) -> tuple[x509.ExtensionType, bool]:
    names = [x509.UniformResourceIdentifier(one) for one in addresses]
    kind = AuthorityInformationAccessOID.OCSP
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(kind, one) for one in names]
    ), False


LISTED = issue("Listed", ROOT, extra=[points(LIST)])
ASKED = issue("Asked", ROOT, extra=[points(LIST), access(OCSP)])
SILENT = issue("Silent", ROOT)
FINE = crl(ROOT)

Handler = Callable[[httpx.Request], httpx.Response]


def fetched(leaf: Holder, handler: Handler) -> list[bytes]:
    transport = httpx.MockTransport(handler)
    return list(HttpRevocation(transport=transport).fetch([leaf.der, ROOT.der]))


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


def test_a_list_is_fetched() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("GET", LIST)
        return httpx.Response(200, content=FINE)

    assert fetched(LISTED, serve) == [FINE]


def test_ocsp_is_asked_first() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("POST", OCSP)
        asked = ocsp.load_der_ocsp_request(request.content)
        assert asked.serial_number == ASKED.certificate.serial_number
        return httpx.Response(200, content=answer(ASKED, ROOT))

    assert len(fetched(ASKED, serve)) == 1


def test_the_request_is_the_one_that_another_library_builds() -> None:
    builder = ocsp.OCSPRequestBuilder()
    chosen = hashes.SHA1()  # noqa: S303  # it names, and protects nothing
    theirs = builder.add_certificate(ASKED.certificate, ROOT.certificate, chosen).build()
    ours = build_request(parse_certificate(ASKED.der), parse_certificate(ROOT.der))
    loaded = ocsp.load_der_ocsp_request(ours)
    assert loaded.serial_number == theirs.serial_number
    assert loaded.issuer_key_hash == theirs.issuer_key_hash
    assert loaded.issuer_name_hash == theirs.issuer_name_hash


BAD: dict[str, Handler] = {
    "an error": lambda _: httpx.Response(500),
    "another place": lambda _: httpx.Response(302, headers={"Location": LIST}),
    "junk": lambda _: httpx.Response(200, content=b"junk"),
    "about another one": lambda _: httpx.Response(200, content=answer(SILENT, ROOT)),
}


@pytest.mark.parametrize("case", BAD)
def test_a_list_follows_where_ocsp_fails(case: str) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return BAD[case](request)
        return httpx.Response(200, content=FINE)

    assert fetched(ASKED, serve) == [FINE]


@pytest.mark.parametrize("case", BAD)
def test_nothing_is_left_where_all_fail(case: str) -> None:
    assert fetched(ASKED, BAD[case]) == []


def test_what_is_compressed_is_not_unpacked() -> None:
    def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Stream())

    assert fetched(LISTED, serve) == []


class Stream(httpx.SyncByteStream):
    """Bytes that nobody may read."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("it was read")


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no network", request=request)


def test_no_network_is_no_error() -> None:
    assert fetched(ASKED, unreachable) == []


def test_who_names_no_address_is_not_asked_about() -> None:
    assert fetched(SILENT, refuse) == []


def test_only_so_many_addresses_are_tried() -> None:
    asked: list[str] = []
    many = issue("Many", ROOT, extra=[points(*(f"http://{n}.example/" for n in range(9)))])

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(404)

    assert fetched(many, serve) == []
    assert len(asked) == capture.MOST_ADDRESSES


def test_other_protocols_are_not_followed() -> None:
    odd = issue("Odd", ROOT, extra=[points("ldap://a.example/", "file:///etc/passwd")])
    assert fetched(odd, refuse) == []


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_list, "LARGEST", 100)
    assert fetched(LISTED, lambda _: httpx.Response(200, content=bytes(1000))) == []


def test_patience_ends() -> None:
    transport = httpx.MockTransport(refuse)
    hasty = HttpRevocation(transport=transport, patience=-1.0)
    assert list(hasty.fetch([ASKED.der, ROOT.der])) == []


def test_a_chain_that_can_not_be_read() -> None:
    assert list(HttpRevocation(transport=httpx.MockTransport(refuse)).fetch([b"junk"])) == []
