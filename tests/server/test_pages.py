"""The pages for people: the same check as the endpoint, told so that a judge can read it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from evidence_ledger.core.report import Verdict
from evidence_ledger_server.pages.addresses import PAGES
from evidence_ledger_server.pages.assets import SCRIPT, STYLE
from tests.server.acting import ASICE
from tests.server.examples import ACCUSATION, VKEY, complete
from tests.server.forms import EMPTY, LEASE, UNFILLED, Served, verdict
from tests.server.page_reader import page_of
from tests.server.running import Running

OTHER_POLICY = b'v = 1\nname = "somebody else"\n'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("pages") / "ledger"
    with Running(home, seal_every=3600.0) as server:
        yield Served(server)


@pytest.mark.parametrize("path", ["/", "/check", "/find"])
def test_the_forms_work_without_a_script_and_have_labels(served: Served, path: str) -> None:
    answer = served.server.client.get(path)
    page = page_of(answer)
    assert answer.headers["cache-control"] == "no-cache"
    for form in page.all("form"):
        assert form["method"] == "post"
        assert form["enctype"] == "multipart/form-data"
    fields = [str(one["id"]) for one in page.all("input")]
    assert len(set(fields)) == len(fields) == 7
    assert sorted(fields) == sorted(str(one["for"]) for one in page.all("label"))
    described = {one["aria-describedby"] for one in page.all("input") if "aria-describedby" in one}
    assert described <= {one["id"] for one in page.all("p") if "id" in one}
    assert "ledger.example/served" in page.text
    assert "What leaves your computer" in page.text
    assert "evidence verify certificate.asice" in page.text


def test_a_certificate_with_its_file_passes_and_the_report_can_be_filed(served: Served) -> None:
    answer = served.post(
        ("certificate", ("deposit-0.asice", served.certificate)), ("file", ("lease.txt", LEASE))
    )
    page = page_of(answer)
    word, text = verdict(page)
    assert word == "PASSED"
    assert "Every step of the check passed." in text
    assert "Deposited not later than" in text
    assert "1 file presented, unaltered; 1 of 1 covered." in text
    assert "Presented, and unaltered: lease.txt" in text
    assert f"lease.txt , 9 bytes sha256:{hashlib.sha256(LEASE).hexdigest()}" in text
    assert "only a fingerprint was sent" not in text
    assert "1 O 17/26" in text
    assert hashlib.sha256(served.certificate).hexdigest() in text
    policy = served.server.client.get("/v1/policy").content
    assert hashlib.sha256(policy).hexdigest() in text
    assert "trust policy of this server, which its operator chose" in text
    assert answer.headers["x-request-id"] in text
    assert "deposit-0.asice" in text
    assert "what they say is true" in text
    assert "own clock is the operator's word" in text
    assert "page's word" in text
    assert answer.headers["cache-control"] == "no-store"


def test_the_steps_are_those_of_the_endpoint(served: Served) -> None:
    parts = [("certificate", ("c", served.certificate)), ("file", ("other.txt", b"other"))]
    told = served.server.client.post("/v1/verify", files=parts).json()
    page = page_of(served.post(*parts))
    word, text = verdict(page)
    assert word == told["verdict"] == Verdict.FAILED
    text = text[text.index("Step by step") :]
    for step in told["steps"]:
        assert step["says"] in text
        assert f"{step['number']} {step['name']}" in text
        assert step["reason"] is None or step["reason"] in text
        assert step["hint"] is None or step["hint"] in text
        assert step["clause"] in text
    assert "The certificate is one file that holds all proofs." in text


def test_a_file_that_was_altered_fails_in_words(served: Served) -> None:
    word, text = verdict(served.checked(("file", ("lease.txt", b"the leasE"))))
    assert word == "FAILED"
    assert "A defect is proved. Step 11, Files: lease.txt was altered" in text


def test_the_policy_that_is_sent_along_counts(served: Served) -> None:
    policy = ("policy", ("trust.toml", OTHER_POLICY))
    answer = served.server.client.post(
        "/check", files=[("certificate", ("c.asice", served.certificate)), policy]
    )
    word, text = verdict(page_of(answer))
    assert word == "INDETERMINATE"
    assert "No defect is proved, but not everything could be decided." in text
    assert "The trust policy does not name the ledger" in text
    assert "trust policy that was sent along" in text
    assert "somebody else" in text
    assert hashlib.sha256(OTHER_POLICY).hexdigest() in text


def test_a_digest_in_place_of_a_file_is_told_to_be_one(served: Served) -> None:
    digest = f"sha256:{hashlib.sha256(LEASE).hexdigest()}".encode()
    word, text = verdict(served.checked(("digest", ("lease.txt", digest))))
    assert word == "PASSED"
    assert f"lease.txt , by its fingerprint alone {digest.decode()}" in text
    assert "this server did not see its bytes" in text
    assert "unaltered" not in text
    assert "1 fingerprint presented, as deposited, and no file; 1 of 1 covered." in text
    assert "Only a fingerprint was presented, and it is this one: lease.txt" in text
    other = f"sha256:{'ab' * 32}".encode()
    assert verdict(served.checked(("digest", ("lease.txt", other))))[0] == "FAILED"


def test_a_file_and_the_digest_of_a_namesake_are_told_apart(served: Served) -> None:
    digest = f"sha256:{hashlib.sha256(LEASE).hexdigest()}".encode()
    file = ("file", ("mine.txt", LEASE))
    word, text = verdict(served.checked(("digest", ("lease.txt", digest)), file))
    assert word == "PASSED"
    assert "1 file presented, unaltered, and 1 fingerprint, as deposited; 1 of 1" in text
    assert "Presented, and unaltered: mine.txt" in text
    altered = ("file", ("lease.txt", b"another lease"))
    word, text = verdict(served.checked(("digest", ("lease.txt", digest)), altered))
    assert word == "FAILED"
    assert "unaltered: lease.txt" not in text


def test_a_digest_of_a_kind_that_the_certificate_lacks_is_no_defect(served: Served) -> None:
    word, text = verdict(served.checked(("digest", ("lease.txt", b"sha512:" + b"ab" * 64))))
    assert word == "INDETERMINATE"
    assert "file.other-digest" in text


def test_a_completeness_certificate_with_its_certificates(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        matter = complete(server)
        own = server.client.get("/v1/deposits/0/certificate").content
        answer = server.client.post(
            "/check",
            files=[
                ("certificate", ("all.asice", matter)),
                ("file", EMPTY),
                ("file", ("own.asice", own)),
            ],
        )
    word, text = verdict(page_of(answer))
    assert word == "PASSED"
    assert "Report on a completeness certificate" in page_of(answer).text
    assert "Beside it own.asice" in text
    assert "presented: own.asice" in text
    assert "evidence verify all.asice" in text


def test_evidence_against_an_operator_is_a_verdict_on_the_operator(served: Served) -> None:
    answer = served.server.client.post(
        "/check",
        files=[
            ("certificate", ("found.misbehaviour", ACCUSATION.read_bytes())),
            ("vkey", (None, VKEY)),
        ],
    )
    word, text = verdict(page_of(answer))
    assert word == "FAILED"
    assert "FAILED is the verdict on the ledger's operator" in text
    assert VKEY in text
    assert "by nobody else's word" in text
    assert "which ledger can't be believed" in text
    undecided = page_of(served.post(("certificate", ("x", ACCUSATION.read_bytes()))))
    assert verdict(undecided)[0] == "INDETERMINATE"
    assert "does not prove that an operator signed two histories" in undecided.text


def test_verdicts_differ_without_colour(served: Served) -> None:
    style = STYLE.data.decode()
    assert ".verdict { padding: 1rem 1.25rem; background: var(--panel); border: .3rem solid; }" in (
        style
    )
    for name, line in (("indeterminate", "dashed"), ("failed", "double")):
        (rule,) = [one for one in style.splitlines() if one.startswith(f".verdict.{name} ")]
        assert f"border-style: {line}" in rule
    assert "http" not in style
    assert "url(" not in style
    assert {one.value for one in Verdict} == {"PASSED", "FAILED", "INDETERMINATE"}
    assert "✗ FAILED" in served.checked(("file", ("lease.txt", b"x"))).text


def test_a_fingerprint_is_looked_up(served: Served) -> None:
    digest = hashlib.sha256(LEASE).hexdigest()
    for part in (("file", ("lease.txt", LEASE)), ("digest", (None, digest.upper()))):
        page = page_of(served.post(part, to="/find"))
        assert "1 entry holds this fingerprint. Entry 0, received" in page.text
        assert f"sha256:{digest}" in page.text
    links = [one["href"] for one in page.all("a")]
    assert "certificate?entry=0" in links
    certificate = served.server.client.get("/certificate?entry=0")
    assert certificate.content == served.server.client.get("/v1/deposits/0/certificate").content
    assert certificate.headers["content-disposition"] == 'attachment; filename="deposit-0.asice"'
    (hidden,) = [one for one in page.all("input") if one.get("type") == "hidden"]
    again = page_of(served.post((str(hidden["name"]), (None, hidden["value"]))))
    word, text = verdict(again)
    assert word == "PASSED"
    assert "The certificate of entry 0 passes the whole check." in text


def test_a_fingerprint_that_nobody_entered(served: Served) -> None:
    page = page_of(served.post(("digest", (None, "ab" * 32)), to="/find"))
    assert "No entry of this ledger holds this fingerprint." in page.text
    assert "fingerprint.unknown" in page.text
    assert not page.all("form")


REFUSED: dict[str, tuple[str, list[tuple[str, Any]], int, str]] = {
    "nothing": ("/check", [], 400, "http.part"),
    "nothing to look up": ("/find", [], 400, "http.part"),
    "a digest that is none": ("/find", [("digest", (None, "md5:00"))], 400, "http.digest"),
    "too many": ("/find", [("digest", (None, f"{n:064x}")) for n in range(101)], 413, "http.parts"),
    "a policy that is newer": (
        "/check",
        [("policy", ("p.toml", b"v = 2"))],
        400,
        "policy.newer",
    ),
    "a part of another name": ("/check", [("other", (None, "x"))], 400, "http.part"),
    "a certificate that is too large": (
        "/check",
        [("certificate", ("c", b"x" * 200_001))],
        413,
        "http.too-large",
    ),
    "a file without a name": ("/check", [("certificate", (None, b"x"))], 400, "http.part"),
}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("pages") / "narrow"
    with Running(home, seal_every=3600.0, largest_certificate=200_000) as server:
        yield server


@pytest.mark.parametrize("name", REFUSED)
def test_errors_are_pages_with_the_same_codes(narrow: Running, name: str) -> None:
    path, parts, status, code = REFUSED[name]
    answer = narrow.client.post(path, files=parts or UNFILLED)
    page = page_of(answer, status)
    assert f"Code {code}" in page.text
    assert "Nothing was decided" in page.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] in page.text


def test_what_is_no_form_is_refused(narrow: Running) -> None:
    kind = {"Content-Type": ASICE}
    page = page_of(narrow.client.post("/check", content=b"PK", headers=kind), 415)
    assert "http.media-type" in page.text
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    cut = page_of(narrow.client.post("/check", content=b"--x\r\nConte", headers=kind), 400)
    assert "http.multipart" in cut.text


@pytest.mark.parametrize(
    "limit", ["requests_per_minute", "verifications_per_minute", "lookups_per_minute"]
)
def test_who_asks_too_often_is_told_on_a_page(tmp_path: Path, limit: str) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0, **{limit: 10}) as server:
        parts = [("digest", (None, "ab" * 32))]
        answers = [server.client.post("/find", files=parts) for _ in range(3)]
    page = page_of(answers[2], 429)
    wait = int(answers[2].headers["retry-after"])
    assert f"Try again in {wait} second" in page.text
    assert "http.too-many" in page.text


def test_an_overload_is_a_page_and_a_mistake_tells_no_details(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        service = server.app.api.state.service
        parts = [("certificate", ("c", b"x"))]
        monkeypatch.setattr(service, "_verifying", 10**6)
        busy = server.client.post("/check", files=parts)
        monkeypatch.setattr(service, "verify", lambda _: 1 // 0)
        mistaken = server.client.post("/check", files=parts)
        monkeypatch.undo()
    assert "http.busy" in page_of(busy, 503).text
    assert busy.headers["retry-after"] == "1"
    assert "internal" in page_of(mistaken, 500).text
    assert "Zero" not in mistaken.text


def test_head_and_other_methods(served: Served) -> None:
    client = served.server.client
    for path, methods in PAGES.items():
        head, got = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(got.content))
        for method in ("OPTIONS", "DELETE"):
            refused = client.request(method, path)
            page_of(refused, 405)
            assert refused.headers.get_list("allow") == [", ".join(methods)]


def test_style_and_script_are_kept_as_long_as_they_are_the_same(served: Served) -> None:
    client = served.server.client
    page = page_of(client.get("/"))
    (link,), (script,) = page.all("link"), page.all("script")
    assert (link["href"], script["src"]) == (STYLE.address, SCRIPT.address)
    for asset, kind in ((STYLE, "text/css"), (SCRIPT, "text/javascript")):
        answer = client.get(f"/{asset.address}")
        assert answer.content == asset.data
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
        for other in ("", "?0000"):
            plain = client.get(f"/{asset.address.partition('?')[0]}{other}")
            assert plain.headers["cache-control"] == "no-cache"


def test_the_pages_allow_their_own_script_and_style_alone(served: Served) -> None:
    told = served.server.client.get("/").headers["content-security-policy"]
    rules = dict(one.partition(" ")[::2] for one in told.split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    api = served.server.client.get("/v1/ledger").headers["content-security-policy"]
    assert api == "default-src 'none'; frame-ancestors 'none'"


def test_programs_are_answered_as_before(served: Served) -> None:
    client = served.server.client
    asks = {"Accept": "text/html"}
    parts = [("certificate", ("c.asice", served.certificate))]
    answer = client.post("/v1/verify", files=parts, headers=asks)
    assert answer.json()["verdict"] == "PASSED"
    for path in ("/v1/deposits/99", "/nothing", "/checkpoint/x"):
        missing = client.get(path, headers=asks)
        assert missing.headers["content-type"] == "application/problem+json", path
    blank = client.post("/v1/verify", files=[("file", EMPTY)])
    assert blank.json()["subject"] == "fingerprints"  # a file without a byte, not an empty field


def test_a_check_is_counted_and_stores_nothing(served: Served) -> None:
    client = served.server.client
    before = client.get("/v1/ledger").json()
    counted = 'evidence_verdicts_total{verdict="PASSED"}'
    first = figure(client, counted)
    verdict(served.checked())
    assert figure(client, counted) == first + 1
    assert client.get("/v1/ledger").json() == before
    figure(client, 'evidence_requests_total{route="/check",status="200"}')


def figure(client: httpx.Client, name: str) -> float:
    (line,) = [one for one in client.get("/metrics").text.splitlines() if one.startswith(name)]
    return float(line.removeprefix(name))


def test_the_page_can_be_switched_off(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0, page=False) as server:
        for path in PAGES:
            answer = server.client.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert "script-src" not in answer.headers["content-security-policy"]
        assert server.client.post("/v1/verify", files=[("certificate", b"x")]).status_code == 200
