"""Addresses of servers as they are typed: read alike everywhere, and told without a password."""

from __future__ import annotations

import httpx
import pytest

from evidence_ledger.adapters.http_address import told_address, typed_address
from evidence_ledger.adapters.ledger_client import LedgerClient
from evidence_ledger.adapters.log_source import HttpSource
from evidence_ledger.adapters.timestamping.http import HttpAuthority
from evidence_ledger.errors import EvidenceError, ServerUnreachable, UsageError

NOBODY = "127.0.0.1:9"
DOWN = httpx.MockTransport(lambda _: httpx.Response(500))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://ledger.example", "https://ledger.example"),
        ("https://ledger.example/", "https://ledger.example"),
        ("HTTPS://Ledger.Example/Firm/", "https://ledger.example/Firm"),
        ("http://[::1]:8440", "http://[::1]:8440"),
        ("https://büro.example/ä", "https://xn--bro-hoa.example/%C3%A4"),
        ("https://user:secret@ledger.example/", "https://user:secret@ledger.example"),
    ],
)
def test_an_address_is_read(typed: str, read: str) -> None:
    assert typed_address(typed) == read


NO_ADDRESSES = [
    "",
    "ledger.example",
    "ftp://ledger.example",
    "http://",
    "http:///x",
    "http://[::1",
    "http://[",
    "http://a b/",
    "http://a\nb/",
    "http://ledger.example:99999/",
    "http://ledger.example:x/",
    "https://ledger.example/?a=b",
    "https://ledger.example/#a",
    "-",
    "x" * 100_000,
]


@pytest.mark.parametrize("typed", NO_ADDRESSES)
def test_what_is_no_address_is_wrong_usage(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        LedgerClient(typed)
    assert refused.value.hint is not None
    assert refused.value.where != ""


def test_no_message_tells_a_password() -> None:
    url = f"http://user:secret@{NOBODY}/x"
    told: list[EvidenceError] = []
    with LedgerClient(url) as client, pytest.raises(ServerUnreachable) as unreachable:
        client.about()
    told.append(unreachable.value)
    with HttpSource(url) as log, pytest.raises(EvidenceError) as silent:
        log.checkpoint()
    told.append(silent.value)
    with pytest.raises(EvidenceError) as mute:
        HttpAuthority("a", url, transport=DOWN).ask(bytes(32), 1)
    told.append(mute.value)
    with pytest.raises(UsageError) as wrong:
        typed_address("ftp://user:secret@ledger.example")
    told.append(wrong.value)
    for one in told:
        assert "secret" not in str(one)
        assert one.where


@pytest.mark.parametrize(
    "url",
    [
        "http://a:b@[::1/",
        "http://a:b@c:d@host/x?y",
        "http://a:b/b@host/",
        "http://a:b?b@host/",
        "http://a:b#b@host/",
        "ftp:a:b@host",
        "a:b@host",
    ],
)
def test_a_malformed_address_is_told_without_its_password_too(url: str) -> None:
    assert "b@" not in told_address(url)
    assert "a:" not in told_address(url)
