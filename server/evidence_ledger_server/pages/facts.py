"""What the check has established, as tables. All of it was proved, or is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evidence_ledger.core.canonical import encode
from evidence_ledger.core.counting import counted
from evidence_ledger.core.safe_text import safe_name
from evidence_ledger_server.pages.layout import bullets, code, named, rows, section
from evidence_ledger_server.pages.markup import Child, Html, element, joined

Facts = Mapping[str, Any]
MOST = 1000
"""Files, entries or claims that one page shows."""
_DIGESTS = {"sha256": "SHA-256", "sm3": "SM3", "sha512": "SHA-512", "sha3_256": "SHA3-256"}


Seen = frozenset[tuple[str, str]]
"""The names and SHA-256 of the files whose bytes were presented."""


def established(facts: Facts, seen: Seen = frozenset()) -> Html | None:
    """The parts of the page about what is known now."""
    parts = [_entry(facts), _files(facts, seen), _claims(facts), _matter(facts), _accused(facts)]
    shown = [one for one in parts if one is not None]
    return section("What is established", *shown, class_="facts") if shown else None


def moment(text: object) -> Html | None:
    """A time of the report."""
    if not isinstance(text, str):
        return None
    day, _, rest = text.removesuffix("Z").partition("T")
    return element("time", f"{day} {rest.partition('.')[0]} UTC", datetime=text)


def _entry(facts: Facts) -> Html | None:
    if "ledger" not in facts:
        return None
    return rows(
        ("Ledger", named(facts["ledger"])),
        ("Entry", _index(facts)),
        ("Existed not later than", moment(facts.get("not_later_than"))),
        ("Signed not earlier than", moment(facts.get("not_earlier_than"))),
        ("Received, by the ledger's own clock", moment(facts.get("received"))),
        ("Times", _times(facts)),
        ("The proof of the time weakens on", moment(facts.get("weakens_on"))),
        ("Authorities disagree", _disagreement(facts)),
        ("Signed by", _signer(facts)),
        ("Witnesses", _witnesses(facts)),
        ("Entry hash", _coded(facts.get("entry_hash"))),
    )


def _index(facts: Facts) -> str | None:
    if "index" not in facts:
        return None
    return f"{facts['index']} ({facts['kind']})"


def _coded(text: str | None) -> Html | None:
    return None if text is None else code(text)


def _times(facts: Facts) -> Html | None:
    times = [_time(one, "") for one in facts.get("times", ())]
    direct = [_time(one, f", over {one['path']} itself") for one in facts.get("direct_times", ())]
    return bullets(*_capped([*times, *direct])) if times or direct else None


def _time(one: Facts, over: str) -> Html:
    clock = "" if one["independent"] else " (own clock, not independent)"
    return joined(moment(one["time"]), " by ", named(one["authority"]), f"{over}{clock}")


def _disagreement(facts: Facts) -> str | None:
    told = facts.get("disagreement")
    return None if told is None else ", ".join(f"{name}: {one}" for name, one in told.items())


def _signer(facts: Facts) -> Html | None:
    if "signer" not in facts:
        return None
    digest = code(facts["signer_sha256"])
    return joined(named(facts["signer"]), element("br"), "X.509 certificate, SHA-256 ", digest)


def _witnesses(facts: Facts) -> Child:
    found = [
        joined(named(one["name"]), " (run by the operator)" if one["operator_run"] else None)
        for one in facts.get("witnesses", ())
    ]
    return bullets(*_capped(found)) if found else "none that the trust policy names"


def _files(facts: Facts, seen: Seen) -> Html | None:
    files = facts.get("files", ())
    if not files:
        return None
    items = [element("li", *_file(one, seen)) for one in files[:MOST]]
    return joined(element("h3", "Files"), element("ol", *items), _more(len(files) - MOST))


def _file(one: Facts, seen: Seen) -> Iterable[Html]:
    name = safe_name(one["name"]) if "name" in one else f"(base64url) {one['name_bytes']}"
    size = counted(one["size"], "byte") if "size" in one else "size unknown"
    digests = [(shown, code(one[key])) for key, shown in _DIGESTS.items() if key in one]
    yield element("p", named(name), f", {size}")
    yield element("p", _presented(one, seen), class_="state")
    yield rows(*digests)


def _presented(one: Facts, seen: Seen) -> Html:
    names = one["presented"]
    files = [name for name in names if (name, one["sha256"]) in seen]
    if files:
        return joined("Presented, and unaltered: ", named(files[0]), _others(files))
    if names:
        says = "Only a fingerprint was presented, and it is this one: "
        return joined(says, named(names[0]), _others(names))
    if one["embedded"]:
        return joined("Inside the certificate.")
    return joined("No file that was presented is proved to be this one.")


def _others(names: Sequence[str]) -> str | None:
    return f" and {len(names) - 1:,} more" if len(names) > 1 else None


def _claims(facts: Facts) -> Html | None:
    claims = facts.get("claims")
    if "claims_in_statement" not in facts or claims is None:
        return None
    shown, total = len(claims) + len(facts.get("files", ())), facts["claims_in_statement"]
    pairs = [(_label(path), named(_value(one))) for path, one in list(claims.items())[:MOST]]
    return joined(
        element("h3", "Claims of the depositor"),
        element(
            "p", f"{shown:,} of {counted(total, 'claim')} shown. What is hidden proves nothing."
        ),
        rows(*pairs) if pairs else None,
        _more(len(claims) - MOST),
    )


def _label(path: str) -> str:
    return path.replace("/", ": ").replace("_", " ")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else encode(value).decode()


def _matter(facts: Facts) -> Html | None:
    matter = facts.get("matter")
    if matter is None:
        return None
    entries = matter["entries"]
    items = [
        joined(
            f"Entry {one['index']}, received ",
            moment(one["received"]),
            joined(", presented: ", named(one["presented"])) if one["presented"] else None,
        )
        for one in entries[:MOST]
    ]
    return joined(
        element("h3", "Entries of the matter"), bullets(*items), _more(len(entries) - MOST)
    )


def _accused(facts: Facts) -> Html | None:
    if "checkpoints" not in facts:
        return None
    points = [
        joined(counted(one["size"], "entry", "entries"), ", root ", code(one["root"]))
        for one in facts["checkpoints"]
    ]
    return rows(
        ("Ledger", named(facts["origin"])), ("Checkpoints that it signed", bullets(*points))
    )


def _capped(items: Sequence[Html]) -> list[Html]:
    more = _more(len(items) - MOST)
    return [*items[:MOST], *([more] if more else [])]


def _more(count: int) -> Html | None:
    if count <= 0:
        return None
    return element("p", f"… and {count:,} more: POST /v1/verify and evidence verify give them all.")
