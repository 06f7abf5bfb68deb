"""Constraints on URIs and IP addresses: as RFC 5280, 4.2.1.10 has them, and as OpenSSL judges."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509

from evidence_ledger.core.name_constraints import ADDRESS, URI, GeneralName, is_within
from evidence_ledger.errors import Refused, Undecided
from tests.core.test_certificate_chain import ROOT, called, constrained, names, reason
from tests.x509_factory import issue

BASES: Mapping[str, Sequence[x509.GeneralName]] = {
    "host": [x509.UniformResourceIdentifier("www.firm.example")],
    "domain": [x509.UniformResourceIdentifier(".firm.example")],
    "v4": [x509.IPAddress(ip_network("192.0.2.0/24"))],
    "v6": [x509.IPAddress(ip_network("2001:db8::/33"))],
    "both": [
        x509.IPAddress(ip_network("192.0.2.0/24")),
        x509.IPAddress(ip_network("2001:db8::/33")),
    ],
}
WITHIN = [
    ("host", "https://www.firm.example/a?b#c"),
    ("host", "HTTPS://WWW.Firm.Example"),
    ("host", "https://www.firm.example:8443/"),
    ("domain", "https://www.firm.example/"),
    ("domain", "https://a.b.firm.example/"),
    ("v4", "192.0.2.0"),
    ("v4", "192.0.2.255"),
    ("v6", "2001:db8:7fff::1"),
    ("both", "2001:db8::"),
]
BEYOND = [
    ("host", "https://firm.example/"),
    ("host", "https://a.www.firm.example/"),
    ("host", "https://www.firm.example.evil.example/"),
    ("host", "https://evil.example/www.firm.example"),
    ("host", "https://www.firm.example@evil.example/"),
    ("domain", "https://firm.example/"),
    ("domain", "https://notfirm.example/"),
    ("domain", "https://192.0.2.1/"),
    ("v4", "192.0.3.0"),
    ("v4", "2001:db8::1"),
    ("v6", "2001:db8:8000::"),
    ("both", "198.51.100.1"),
]
NO_HOST = [
    "urn:isbn:9",
    "mailto:a@firm.example",
    "https:///path",
    "https://[::1]/",
    "//firm.example",
]


def general(base: str, text: str) -> x509.GeneralName:
    if base in ("host", "domain"):
        return x509.UniformResourceIdentifier(text)
    return x509.IPAddress(ip_address(text))


def openssl(folder: Path, leaf: x509.Certificate, middle: x509.Certificate) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding

    places = {}
    for name, one in (("leaf", leaf), ("middle", middle), ("root", ROOT.certificate)):
        places[name] = folder / f"{name}.pem"
        places[name].write_bytes(one.public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-no_check_time", "-CAfile", str(places["root"])]
    command += ["-untrusted", str(places["middle"]), str(places["leaf"])]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("base", "text"), WITHIN)
def test_a_name_within_is_permitted_and_may_be_excluded(
    base: str, text: str, tmp_path: Path
) -> None:
    for kind, wanted in (("permitted", True), ("excluded", False)):
        middle = constrained(**{kind: BASES[base]})
        leaf = issue("Leaf", middle, extra=called(general(base, text)))
        if wanted:
            assert names(leaf, [middle]) == ["Leaf", "Middle", "Root"]
        else:
            assert reason(leaf, [middle]) == "chain.name-constraints"
        assert openssl(tmp_path, leaf.certificate, middle.certificate) is wanted


@pytest.mark.parametrize(("base", "text"), BEYOND)
def test_a_name_beyond_is_not_permitted(base: str, text: str, tmp_path: Path) -> None:
    middle = constrained(permitted=BASES[base])
    leaf = issue("Leaf", middle, extra=called(general(base, text)))
    assert reason(leaf, [middle]) == "chain.name-constraints"
    assert not openssl(tmp_path, leaf.certificate, middle.certificate)


@pytest.mark.parametrize("kind", ["permitted", "excluded"])
@pytest.mark.parametrize("text", NO_HOST)
def test_a_uri_without_a_host_is_refused_whatever_is_asked_of_hosts(kind: str, text: str) -> None:
    middle = constrained(**{kind: BASES["host"]})
    leaf = issue("Leaf", middle, extra=called(x509.UniformResourceIdentifier(text)))
    assert reason(leaf, [middle]) == "chain.name-constraints"


@pytest.mark.parametrize(
    "text",
    [
        b"https://www.firm.example\\@evil.example/",
        b"https://evil.example#@www.firm.example/",
        b"https://www.firm.example./",
        b"https://www.firm.example\x00.evil.example/",
        b"https://www.f\xefrm.example/",
        b"https://www..firm.example/",
    ],
)
def test_tricks_with_hosts_are_within_nothing(text: bytes) -> None:
    with suppress(Refused):
        assert not is_within(GeneralName(URI, text), GeneralName(URI, b"www.firm.example"))


def test_who_asks_is_no_host() -> None:
    """OpenSSL takes it for a part of the host, and refuses."""
    for text in (b"https://ann@www.firm.example/", b"https://ann:pw@www.firm.example:1/"):
        assert is_within(GeneralName(URI, text), GeneralName(URI, b"www.firm.example"))


@pytest.mark.parametrize(
    "base",
    [
        GeneralName(URI, b""),
        GeneralName(URI, b"https://firm.example"),
        GeneralName(URI, b"192.0.2.1"),
        GeneralName(ADDRESS, b""),
        GeneralName(ADDRESS, bytes(4)),
        GeneralName(ADDRESS, bytes(5)),
        GeneralName(ADDRESS, bytes(4) + b"\xff\x00\xff\x00"),
        GeneralName(ADDRESS, bytes(33)),
    ],
)
def test_a_constraint_that_is_none_is_undecided(base: GeneralName) -> None:
    """Taken for one that nothing is within, it would exclude nothing."""
    name = b"https://firm.example/" if base.kind == URI else bytes(4)
    with pytest.raises(Undecided):
        is_within(GeneralName(base.kind, name), base)
