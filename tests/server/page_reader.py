"""Reads a page as a browser would, and strictly: whatever is not of our making fails."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx

from evidence_ledger_server.pages.markup import VOID

_TAGS = """
    html head meta title link script body main section form h1 h2 h3 p a ul ol li dl div dt dd span
    strong code pre bdi time br label input button details summary
"""
_ATTRIBUTES = """
    lang charset name content rel href type src method action enctype for id class accept required
    multiple maxlength placeholder autocomplete autocapitalize spellcheck value role
    aria-describedby aria-hidden data-hashed datetime
"""
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())
BESIDE = ("check", "find", "v1/policy", "certificate?entry=")


class Page(HTMLParser):
    """What a page shows. Raises AssertionError for markup that no page of ours has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert not self.open, self.open
        self.text = " ".join(" ".join(self.pieces).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        for name, value in attrs:
            if name in ("href", "src", "action"):
                assert value is not None
                assert value.startswith(BESIDE), value
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(answer: httpx.Response, status: int = 200) -> Page:
    """The page in an answer, which has the headers that every page has."""
    assert answer.status_code == status, answer.text
    headers = answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers.get_list("content-security-policy") == [headers["content-security-policy"]]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers
    return Page(answer.text)
