"""What all pages have in common."""

from __future__ import annotations

from starlette.responses import Response

from evidence_ledger_server.pages.assets import SCRIPT, STYLE
from evidence_ledger_server.pages.markup import Child, Html, element, joined

NO_STORE = "no-store"


def page(title: str, *main: Child, script: bool = False, told: str = "") -> bytes:
    """A whole document; what is ``told`` comes first in the window's title."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{told}{title} – Evidence ledger"),
        element("link", rel="stylesheet", href=STYLE.address),
        element("script", type="module", src=SCRIPT.address) if script else None,
    )
    body = element("body", element("main", element("h1", title), *main))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en').text}\n".encode()


def answer(document: bytes, status: int = 200, cache: str = NO_STORE) -> Response:
    """A document as an answer."""
    headers = {"Cache-Control": cache}
    return Response(document, status, headers, "text/html; charset=utf-8")


def section(title: str, *children: Child, name: str | None = None, class_: str = "") -> Html:
    """A part with a heading."""
    return element("section", element("h2", title), *children, id=name, class_=class_ or None)


def rows(*pairs: tuple[str, Child]) -> Html:
    """Names with values; those without a value are left out."""
    shown = [(name, value) for name, value in pairs if value is not None]
    parts = [element("div", element("dt", name), element("dd", value)) for name, value in shown]
    return element("dl", *parts)


def bullets(*items: Child) -> Html:
    """A list."""
    return element("ul", *(element("li", one) for one in items if one is not None))


def named(text: str) -> Html:
    """A name that somebody else chose: its reading direction stays its own."""
    return element("bdi", text, class_="name")


def code(text: str) -> Html:
    """A digest, a code or an address."""
    return element("code", text)


def paragraphs(*texts: Child) -> Html:
    """One after the other."""
    return joined(*(element("p", one) for one in texts if one is not None))
