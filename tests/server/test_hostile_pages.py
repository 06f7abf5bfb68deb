"""What strangers write is text on the pages, whatever it looks like, and goes nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evidence_ledger_server.pages.addresses import PAGES
from evidence_ledger_server.pages.markup import LONGEST, element
from tests.server.acting import ASICE
from tests.server.forms import LEASE, Served, verdict
from tests.server.page_reader import Page, page_of
from tests.server.running import Running
from tests.workbench import fact

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;b&gt;"
BIDI = "contract\u202efdp.exe\u2066\u200b\ufeff"
CONTROL = "a\x00b\x1b[31mc\rd\ne"
SHOWN = r"contract\u{202e}fdp.exe\u{2066}\u{200b}\u{feff}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("hostile") / "ledger"
    with Running(home, seal_every=3600.0) as server:
        yield Served(server)


def sent(served: Served, *parts: tuple[bytes, bytes], to: str = "/check") -> httpx.Response:
    """A body with raw part headers, which no client library would send."""
    pieces = [b"--x\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts]
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    return served.server.client.post(to, content=b"".join(pieces) + b"--x--\r\n", headers=kind)


def certificate(served: Served, name: bytes = b"c") -> tuple[bytes, bytes]:
    return b'name="certificate"; filename="%b"' % name, served.certificate


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (MARKUP.replace('"', "%22").encode(), MARKUP.replace('"', "%22")),
        (rb"<script>alert(\"1\")</script>", '<script>alert("1")</script>'),
        (BIDI.encode(), SHOWN),
        (b"a\x00b", r"a\u{0}b"),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"%0d%0aSet-Cookie: a=b", "%0d%0aSet-Cookie: a=b"),
    ],
)
def test_the_name_of_what_is_handed_in_is_text(served: Served, name: bytes, shown: str) -> None:
    answer = sent(served, certificate(served, name), (b'name="file"; filename="%b"' % name, b"x"))
    if answer.status_code == 400:  # what is no header of a part at all
        assert "http.multipart" in page_of(answer, 400).text
        assert b"\x00" in name
        return
    page = page_of(answer)
    assert verdict(page)[0] == "FAILED"
    assert shown.replace("\\\\", "\\") in page.text.replace("\\\\", "\\")
    assert "\u202e" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/check", "/find"])
@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200), (None, 200)],
)
def test_no_other_site_sends_the_form(
    served: Served, path: str, site: str | None, status: int
) -> None:
    """It would send a certificate and a policy of its own, for a verdict under this address."""
    parts = [("digest", (None, "ab" * 32))]
    headers = {} if site is None else {"Sec-Fetch-Site": site}
    answer = served.server.client.post(path, files=parts, headers=headers)
    page = page_of(answer, status)
    assert ("http.other-site" in page.text) == (status == 403)


@pytest.mark.parametrize("text", [MARKUP, BIDI, CONTROL, "x" * 60_000])
def test_what_a_certificate_says_is_text(served: Served, text: str) -> None:
    server = served.server
    signed = server.author.deposit(
        [fact(text.replace("\x00", "")[:200], text.encode(), sm3=False)],
        [("matter/parties", text), ("origin/" + "tool", {"name": text[:9000]})],
        server.context(),
    )
    answer = server.deposit(signed, params={"wait": "seal"}, headers={"Accept": ASICE})
    assert answer.headers["content-type"] == ASICE, answer.text
    page = page_of(served.post(("certificate", ("c", answer.content)), ("file", ("a", b"a"))))
    assert verdict(page)[0] == "FAILED"
    for character in "\u202e\u2066\u200b\ufeff\x00\x1b\r":
        assert character not in "".join(page.pieces)
    if len(text) > LONGEST:
        assert f"… ({len(text):,} characters)" in page.text
    elif text is MARKUP:
        assert " ".join(MARKUP.split()) in page.text


@pytest.mark.parametrize("text", [MARKUP, BIDI])
def test_what_a_policy_says_is_text(served: Served, text: str) -> None:
    quoted = '"' + "".join(f"\\u{ord(one):04x}" for one in text) + '"'
    policy = ("policy", (text.replace('"', ""), f"v = 1\nname = {quoted}\n".encode()))
    page = page_of(
        served.server.client.post(
            "/check", files=[("certificate", ("c", served.certificate)), policy]
        )
    )
    assert verdict(page)[0] == "INDETERMINATE"
    assert (SHOWN if text is BIDI else MARKUP) in page.text


WRONG: list[tuple[str, bytes]] = [
    ("/check", b"v = 1\n<script>alert(1)</script> = 2\n"),
    ("/check", b'v = 1\nname = "x"\n"<script>alert(1)</script>" = 2\n'),
    ("/check", b'v = 1\nname = "x"\n[[log]]\nkeys = ["<script>alert(1)</script>"]\n'),
    ("/check", b"\xff<script>"),
]


@pytest.mark.parametrize(("path", "policy"), WRONG)
def test_errors_about_a_policy_are_text(served: Served, path: str, policy: bytes) -> None:
    parts = [("certificate", ("c", served.certificate)), ("policy", ("p", policy))]
    answer = served.server.client.post(path, files=parts)
    page_of(answer, 400)
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("text", [MARKUP, BIDI, "log.example/7+<script>", "\x00", "sha256:<b>"])
@pytest.mark.parametrize("name", ["vkey", "digest"])
def test_errors_about_what_was_typed_are_text(served: Served, name: str, text: str) -> None:
    parts: list[tuple[str, Any]] = [(name, (None, text))]
    if name == "vkey":
        accusation = b"evidence-ledger-misbehaviour/v1\n" + text.encode()
        parts.append(("certificate", ("c", accusation)))
    answer = served.server.client.post("/check", files=parts)
    page = page_of(answer, answer.status_code)
    assert answer.status_code in (200, 400, 422)
    assert "\u202e" not in "".join(page.pieces)


def test_a_name_of_ten_megabytes_is_refused_before_it_is_kept(served: Served) -> None:
    page = page_of(sent(served, certificate(served, b"x" * 10_000_000)), 400)
    assert "http.multipart" in page.text


def test_a_part_with_a_hostile_name_is_not_told_back(served: Served) -> None:
    answer = sent(served, (b'name="<script>alert(1)</script>"', b"x"))
    page_of(answer, 400)
    assert b"alert" not in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/check?x=<script>alert(1)</script>",
        "/check?policy=http://evil.example",
        "/?%0d%0aSet-Cookie:a=b",
        "/find?digest=" + "ab" * 32,
    ],
)
def test_nothing_of_an_address_gets_into_a_page(served: Served, path: str) -> None:
    client = served.server.client
    assert client.get(path).content == client.get("/").content
    page_of(client.get(path))


@pytest.mark.parametrize(
    "path", ["/<script>", "/check/<script>", "/%22%3E%3Cscript%3E", "/check%00"]
)
def test_an_address_of_markup_is_no_page(served: Served, path: str) -> None:
    answer = served.server.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "script" not in answer.text


def test_headers_of_a_request_get_into_no_page(served: Served) -> None:
    hostile = {
        "X-Request-Id": "<script>",
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Referer": "http://evil.example/<script>",
        "Origin": "http://evil.example",
        "User-Agent": "<script>",
    }
    for path in PAGES:
        answer = served.server.client.get(path, headers=hostile)
        assert answer.status_code == 200
        assert b"evil" not in answer.content
        assert b"<script>" not in answer.content
        assert "evil" not in str(answer.headers)


def test_a_post_from_another_site_by_an_old_browser_changes_nothing_and_can_not_be_read_there(
    served: Served,
) -> None:
    before = served.server.client.get("/v1/ledger").json()
    answer = served.server.client.post(
        "/check",
        files=[("certificate", ("c", served.certificate)), ("file", ("lease.txt", LEASE))],
        headers={"Origin": "http://evil.example"},
    )
    assert verdict(page_of(answer))[0] == "PASSED"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert served.server.client.get("/v1/ledger").json() == before


def test_a_line_break_in_a_part_starts_no_header_of_the_answer(served: Served) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="certificate"; filename="a\r\n b"\r\n'
        b"X-Evil: 1\r\n\r\nx\r\n--x--\r\n"
    )
    with socket.create_connection(served.server.socket.getsockname(), timeout=30) as raw:
        raw.sendall(
            b"POST /check HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 ")
    assert b"evil" not in head


@given(st.text(max_size=200), st.text(max_size=200))
@example("<b>&amp;\"'", '" onfocus="alert(1)')
@example("\u202e", "'><script>")
def test_any_text_comes_back_as_text_without_hidden_signs(text: str, value: str) -> None:
    page = Page(element("p", text, id=value).text)
    ((tag, attributes),) = page.tags
    assert (tag, list(attributes)) == ("p", ["id"])
    shown = "".join(page.pieces)
    assert all(one.isprintable() for one in shown + str(attributes["id"]))
    if text.isascii() and text.isprintable():
        assert shown == text
