"""The page's link to a certificate: what strangers get of it, and a page where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.page_reader import page_of
from tests.server.running import Running
from tests.workbench import fact


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that seals in an hour, with one deposit."""
    with Running(tmp_path_factory.mktemp("page") / "ledger", seal_every=3600.0) as server:
        server.deposit(server.signed(fact("a.txt", b"a"))).raise_for_status()
        yield server


def test_the_link_to_a_certificate_that_is_not_there_yet_leads_to_a_page(unsealed: Running) -> None:
    page = page_of(unsealed.client.get("/certificate?entry=0"), 409)
    assert "Entry 0 is in the ledger and not sealed yet" in page.text
    assert "3,600 seconds" in page.text
    assert "not-sealed" in page.text
    assert [one["href"] for one in page.all("a")] == ["check"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?entry=99", 404, "ledger.no-such-entry"),
        ("", 400, "http.parameter"),
        ("?entry=-1", 400, "http.parameter"),
        ("?entry=x", 400, "http.parameter"),
        ("?entry=99999999999999999999", 400, "http.parameter"),
    ],
)
def test_a_certificate_that_is_not_there_is_told_on_a_page(
    unsealed: Running, query: str, status: int, code: str
) -> None:
    assert code in page_of(unsealed.client.get(f"/certificate{query}"), status).text


def test_without_pages_there_is_no_link_either(tmp_path: Path) -> None:
    with Running(tmp_path / "ledger", seal_every=3600.0, page=False) as server:
        answer = server.client.get("/certificate?entry=0")
        assert (answer.status_code, answer.json()["code"]) == (404, "http.404")
