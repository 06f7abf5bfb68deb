"""Names to which an enrolled root is bound, as they are written in acts and on the command line."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core.administration import EnrolIssuer
from evidence_ledger.core.distinguished_name import name_text, same_name
from evidence_ledger.core.permitted_name import checked_permitted, permitted_base
from evidence_ledger.core.register import Register
from evidence_ledger.core.role import Role
from evidence_ledger.errors import FormatError
from tests.core.test_register import BOSS, refusal
from tests.x509_factory import Holder, issue

CHAMBER = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Chamber"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Ann"),
    ]
)
ROOT = issue("Root of chambers", authority=True)


def member(*others: x509.GeneralName) -> Holder:
    extra = [(x509.SubjectAlternativeName(others), False)] if others else []
    return issue("Ann", ROOT, extra=extra)


@pytest.mark.parametrize(
    "text",
    [
        "dns:firm.example",
        "mail:firm.example",
        "mail:a.b+c@firm.example",
        "uri:www.firm.example",
        "uri:.firm.example",
        "ip:192.0.2.0/24",
        "ip:192.0.2.1/32",
        "ip:0.0.0.0/0",
        "ip:2001:db8::/32",
        "dir:C=DE",
        "dir:CN=Ann,O=Chamber,C=DE",
        "dir:O=Müller\\, Schmidt \\+ Partner",
        "dir:O=a=b #1",
    ],
)
def test_these_are_names(text: str) -> None:
    assert checked_permitted([text]) == (text,)


@pytest.mark.parametrize(
    "text",
    [
        *("firm.example", "", ":", "host:a", "dns:", "dns:Firm.example", "dns:-a", "mail:a@b@c"),
        *("uri:", "uri:.", "uri:https://firm.example", "uri:Firm.example", "uri:a..b"),
        *("uri:192.0.2.1", "uri:firm.example.", "uri:..firm.example"),
        *("ip:192.0.2.1", "ip:192.0.2.1/24", "ip:192.0.2.0/33", "ip:192.0.2.0/255.255.255.0"),
        *("ip:2001:0db8::/32", "ip:2001:DB8::/32", "ip:", "ip:192.0.2.0/024"),
        *("dir:", "dir:DE", "dir:X=DE", "dir:O=", "dir:O=a,", "dir:,O=a", "dir:O= a", "dir:O=a "),
        *("dir:O=a,b", "dir:O=a+CN=b", "dir:O=\\a", "dir:O=a\\", "dir:O=#a", "dir:O=a\nb"),
        *("dir:o=a", "dir:O=" + "a" * 1024, "dir:O=a;C=b"),
    ],
)
def test_these_are_none_and_the_forms_are_told(text: str) -> None:
    with pytest.raises(FormatError) as told:
        checked_permitted([text])
    assert told.value.reason == "administration.permitted"
    for form in ("dns:", "mail:", "uri:", "ip:", "dir:"):
        assert form in (told.value.hint or "")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whatever_is_typed_is_a_name_or_refused(text: str) -> None:
    for kind in ("dir:O=", "dir:", "uri:", "ip:", "dns:", ""):
        try:
            permitted_base(kind + text)
        except FormatError:
            continue


def test_a_directory_name_is_the_one_that_x509_writes() -> None:
    base = permitted_base("dir:CN=Ann,O=Chamber,C=DE")
    assert same_name(base.content, CHAMBER.public_bytes())
    assert name_text(base.content) == "CN=Ann, O=Chamber, C=DE"
    escaped = permitted_base("dir:O=M\\, S \\\\ \\+").content
    assert name_text(escaped) == "O=M, S \\ +"


@pytest.mark.parametrize(
    ("permitted", "others", "is_let_in"),
    [
        ("dir:CN=Ann", (), True),
        ("dir:CN=ann", (), True),
        ("dir:CN=Bob", (), False),
        ("dir:O=Chamber,C=DE", (x509.DirectoryName(CHAMBER),), False),
        ("dir:CN=Ann", (x509.DirectoryName(CHAMBER),), False),
        ("uri:.firm.example", (), False),
        ("uri:.firm.example", (x509.UniformResourceIdentifier("https://a.firm.example"),), True),
        ("uri:firm.example", (x509.UniformResourceIdentifier("https://a.firm.example"),), False),
        ("uri:firm.example", (x509.UniformResourceIdentifier("urn:isbn:9"),), False),
        ("ip:192.0.2.0/24", (x509.IPAddress(ip_address("192.0.2.7")),), True),
        ("ip:192.0.2.0/24", (x509.IPAddress(ip_address("192.0.3.7")),), False),
        ("ip:2001:db8::/32", (x509.IPAddress(ip_address("192.0.2.7")),), False),
    ],
)
def test_a_root_is_bound_to_names_of_every_form(
    permitted: str, others: tuple[x509.GeneralName, ...], is_let_in: bool
) -> None:
    from evidence_ledger.core.administration import Settings

    register = Register(BOSS)
    register.take(Settings(True), BOSS)
    register.take(EnrolIssuer(ROOT.der, frozenset({Role.DEPOSITOR}), (permitted,)), BOSS)
    assert refusal(register, member(*others)) == (None if is_let_in else "register.not-enrolled")
