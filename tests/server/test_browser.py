"""The pages in a real browser: what is sent, with the script and without, and how it is printed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from evidence_ledger_server.upload import UploadParser
from tests.server.browser import PROGRAM, Browser
from tests.server.forms import LEASE, Served
from tests.server.running import Running

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(PROGRAM is None, reason="there is no chromium here"),
]
SECRET = LEASE + os.urandom(32).hex().encode() * 100_000
"""Six megabytes, in two pieces for the script."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("browser") / "ledger"
    with Running(home, seal_every=3600.0) as server:
        yield Served(server, SECRET)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that the server gets of forms."""
    pieces: list[bytes] = []
    feed = UploadParser.feed

    def kept(parser: UploadParser, data: bytes) -> None:
        pieces.append(data)
        feed(parser, data)

    monkeypatch.setattr(UploadParser, "feed", kept)
    return pieces


@pytest.fixture
def folder(served: Served, tmp_path: Path) -> Path:
    (tmp_path / "deposit.asice").write_bytes(served.certificate)
    (tmp_path / "lease.txt").write_bytes(SECRET)
    return tmp_path


def test_with_the_script_a_file_stays_where_it_is(
    served: Served, browser: Browser, sent: list[bytes], folder: Path
) -> None:
    browser.problems.clear()
    browser.go(f"{served.server.url}/")
    assert "These files stay on this computer" in browser.text
    assert "unless you choose to send the files themselves" in browser.text
    browser.choose("#certificate", folder / "deposit.asice")
    browser.choose("#file", folder / "lease.txt")
    browser.press("form[action=check] button")
    assert "PASSED" in browser.text
    assert "lease.txt, by its fingerprint alone" in browser.text
    body = b"".join(sent)
    assert hashlib.sha256(SECRET).hexdigest().encode() in body
    assert b'name="file"; filename="lease.txt"' not in body
    assert SECRET[1000:1100] not in body
    assert browser.problems == []


def test_a_file_is_sent_where_that_is_chosen(
    served: Served, browser: Browser, sent: list[bytes], folder: Path
) -> None:
    browser.go(f"{served.server.url}/check")
    browser.choose("#certificate", folder / "deposit.asice")
    browser.choose("#file", folder / "lease.txt")
    browser.run("document.querySelector('#file-whole').click()")
    assert "These files are sent to this server" in browser.text
    browser.press("form[action=check] button")
    assert "PASSED" in browser.text
    assert "by its fingerprint alone" not in browser.text
    assert SECRET in b"".join(sent)


def test_without_the_script_the_page_says_that_files_are_sent(
    served: Served, browser: Browser, sent: list[bytes], folder: Path
) -> None:
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.go(f"{served.server.url}/check")
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert "These files are sent to this server" in browser.text
    assert "These files stay" not in browser.text
    browser.choose("#certificate", folder / "deposit.asice")
    browser.choose("#file", folder / "lease.txt")
    browser.press("form[action=check] button")
    assert "PASSED" in browser.text
    assert SECRET in b"".join(sent)


def test_a_fingerprint_is_looked_up_without_sending_the_file(
    served: Served, browser: Browser, sent: list[bytes], folder: Path
) -> None:
    browser.go(f"{served.server.url}/find")
    browser.choose("#sought", folder / "lease.txt")
    browser.press("form[action=find] button")
    assert "1 entry holds this fingerprint." in browser.text
    assert len(b"".join(sent)) < 2000
    browser.press("form[action=check] button")
    assert "The certificate of entry 0 passes the whole check." in browser.text


def test_a_form_can_be_sent_again_after_going_back(
    served: Served, browser: Browser, folder: Path
) -> None:
    browser.go(f"{served.server.url}/find")
    browser.choose("#sought", folder / "lease.txt")
    browser.press("form[action=find] button")
    browser.run("history.back()")
    browser.loaded()
    assert browser.run("document.querySelector('#sought').disabled") is False
    assert browser.run("document.querySelector('form[action=find] button').disabled") is False


def test_a_page_can_fetch_nothing_and_make_no_script(served: Served, browser: Browser) -> None:
    browser.go(f"{served.server.url}/")
    fetched = "fetch('v1/ledger').then(() => 'came', () => 'kept out')"
    assert browser.run(fetched) == "kept out"
    for made in ("document.body.innerHTML = '<p>'", "document.createElement('script').text = '1'"):
        tried = f"(() => {{ try {{ {made}; return 'made' }} catch {{ return 'kept out' }} }})()"
        assert browser.run(tried) == "kept out", made


def test_no_page_of_another_site_has_a_verdict_shown_here(
    served: Served, browser: Browser, sent: list[bytes]
) -> None:
    form = (
        f"<form method=post enctype=multipart/form-data action={served.server.url}/check>"
        f"<input name=digest value=sha256:{hashlib.sha256(SECRET).hexdigest()}><button></form>"
    )
    browser.go(f"data:text/html,{form}")
    browser.press("button")
    assert "This form was sent by a page of another site." in browser.text
    assert "PASSED" not in browser.text
    assert sent == []


def test_marks_piled_on_letters_are_not_drawn_over_other_lines(
    served: Served, browser: Browser, folder: Path
) -> None:
    browser.go(f"{served.server.url}/")
    browser.choose("#certificate", folder / "deposit.asice")
    browser.press("form[action=check] button")
    spilling = "[...document.querySelectorAll('p, dd, li, h2, h3')].filter("
    spilling += "(one) => getComputedStyle(one).overflowY !== 'clip').length"
    assert browser.run(spilling) == 0


def test_the_report_is_printed_whole(served: Served, browser: Browser, folder: Path) -> None:
    browser.go(f"{served.server.url}/")
    browser.choose("#certificate", folder / "deposit.asice")
    browser.press("form[action=check] button")
    pages = PdfReader(io.BytesIO(browser.printed())).pages
    text = "".join("".join(one.extract_text() for one in pages).split())
    for wanted in (
        "PASSED",
        hashlib.sha256(served.certificate).hexdigest(),
        hashlib.sha256(served.server.client.get("/v1/policy").content).hexdigest(),
        "Checkedat",
        "Request",
    ):
        assert wanted in text, wanted
    assert "Checkanotherone" not in text


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_hangs_over_on_a_narrow_screen(
    served: Served, browser: Browser, folder: Path, dark: bool
) -> None:
    browser.go(f"{served.server.url}/")
    assert browser.picture(320, dark=dark)
    wide = "document.documentElement.scrollWidth"
    assert browser.run(wide) <= 320
    browser.choose("#certificate", folder / "deposit.asice")
    browser.press("form[action=check] button")
    assert browser.picture(320, dark=dark)
    assert browser.run(wide) <= 320


VECTORS = """(async () => {
  const { Sha256 } = await import("./check.js");
  const wrong = [];
  for (const size of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, 70000]) {
    const data = new Uint8Array(size).map((_, at) => at * 7 + size);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
    const wanted = Array.from(digest, (one) => one.toString(16).padStart(2, "0")).join("");
    for (const step of [1, 13, 64, 1000, 1 << 20]) {
      const hash = new Sha256();
      for (let at = 0; at < size; at += step) hash.update(data.subarray(at, at + step));
      if (hash.hex() !== wanted) wrong.push([size, step]);
    }
  }
  return wrong;
})()"""


def test_the_script_hashes_as_the_browser_does(served: Served, browser: Browser) -> None:
    browser.go(f"{served.server.url}/")
    assert browser.run(VECTORS) == []
