"""Which entries hold the fingerprints that were looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence_ledger.core.canonical import time_text
from evidence_ledger.core.counting import counted
from evidence_ledger.core.safe_text import safe_name
from evidence_ledger_server.pages.addresses import CERTIFICATE
from evidence_ledger_server.pages.facts import moment
from evidence_ledger_server.pages.layout import code, named, page, paragraphs, rows, section
from evidence_ledger_server.pages.markup import Html, element, joined
from evidence_ledger_server.pages.offline import offline

NAMELESS = b"digest"
UNKNOWN = "fingerprint.unknown"


@dataclass(frozen=True, slots=True)
class Looked:
    """A fingerprint (``sha256:HEX``), what its file is called, and the entries that hold it."""

    name: bytes
    digest: str
    entries: Sequence[Mapping[str, Any]]


def found_page(
    looked: Sequence[Looked], origin: str, at: datetime, request_id: str, most: int
) -> bytes:
    """The whole document; at most ``most`` entries of each are in it."""
    return page(
        "Fingerprints in this ledger",
        *(_one(one, most) for one in looked),
        _check(looked),
        paragraphs(
            "An entry says that its depositor signed for this fingerprint, and when the ledger "
            "received it, by the ledger's own clock. What else the depositor said is told only to "
            "whom the depositor allows."
        ),
        section(
            "This look-up",
            rows(
                ("Ledger", named(origin)),
                ("Looked up at", moment(time_text(at))),
                ("Request", code(request_id)),
            ),
        ),
        offline(),
        element("p", element("a", "Look another one up", href="check"), class_="onward"),
    )


def _one(looked: Looked, most: int) -> Html:
    name = named(safe_name(looked.name[:1000])) if looked.name != NAMELESS else None
    return element(
        "section",
        element("h2", name or "Fingerprint"),
        element("p", code(looked.digest)),
        _answer(looked, most),
        class_="found",
    )


def _answer(looked: Looked, most: int) -> Html:
    count = len(looked.entries)
    if not count:
        return element(
            "p",
            element("strong", "No entry of this ledger holds this fingerprint."),
            " A copy that differs in one byte has another one. (",
            code(UNKNOWN),
            ")",
        )
    says = f"{counted(count, 'entry holds', 'entries hold')} this fingerprint."
    more = "Later entries may hold it too; they are not listed." if count == most else None
    return joined(
        element("p", element("strong", says)),
        element("ol", *(element("li", _entry(one)) for one in looked.entries)),
        paragraphs(more),
    )


def _entry(one: Mapping[str, Any]) -> Html:
    certificate = f"{CERTIFICATE.removeprefix('/')}?entry={one['index']}"
    return joined(
        f"Entry {one['index']}, received ",
        moment(one["received"]),
        ": ",
        element("a", f"certificate of entry {one['index']}", href=certificate),
    )


def _check(looked: Sequence[Looked]) -> Html | None:
    known = [one for one in looked if one.entries]
    if not known:
        return None
    return element(
        "form",
        *(element("input", type="hidden", name="digest", value=one.digest) for one in known),
        element("button", "Check the oldest entry of each", type="submit"),
        method="post",
        action="check",
        enctype="multipart/form-data",
    )
