"""A server with one certificate, whose forms are filled in as a browser does it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.server.acting import ASICE
from tests.server.page_reader import Page, page_of
from tests.server.running import Running
from tests.workbench import fact

LEASE = b"the lease"
EMPTY = ("", b"", "application/octet-stream")
UNFILLED: list[tuple[str, Any]] = [("file", EMPTY), ("policy", EMPTY), ("vkey", (None, ""))]
"""What a browser sends of the fields that were left alone."""


class Served:
    """A server with one certificate, and its forms."""

    def __init__(self, server: Running, lease: bytes = LEASE) -> None:
        self.server = server
        signed = server.signed(fact("lease.txt", lease), case="1 O 17/26")
        answer = server.deposit(signed, params={"wait": "seal"}, headers={"Accept": ASICE})
        assert answer.headers["content-type"] == ASICE
        self.certificate = answer.content

    def post(self, *parts: tuple[str, Any], to: str = "/check") -> httpx.Response:
        return self.server.client.post(to, files=[*parts, *UNFILLED])

    def checked(self, *parts: tuple[str, Any]) -> Page:
        return page_of(self.post(("certificate", ("c.asice", self.certificate)), *parts))


def verdict(page: Page) -> tuple[str, str]:
    """The verdict as its box says it, in words, and the page's text from there on."""
    (box,) = [one["class"] for one in page.all("section") if "verdict" in (one.get("class") or "")]
    assert box is not None
    word = box.split()[1].upper()
    sign = {"PASSED": "✓", "INDETERMINATE": "?", "FAILED": "✗"}[word]
    start = page.text.index(f"{sign} {word}")
    assert page.text.startswith(f"{word}: ")
    assert "By whose word" in page.text[start:]
    return word, page.text[start:]
