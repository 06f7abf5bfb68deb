"""``authorities.toml`` and the presets: read back as written; each mistake refused and named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.timestamping.authority_list import (
    AuthorityEntry,
    AuthorityList,
    parse,
)
from evidence_ledger.adapters.timestamping.known_roots import roots_here
from evidence_ledger.adapters.timestamping.presets import presets
from evidence_ledger.core.x509_certificate import parse_certificate
from evidence_ledger.errors import EvidenceError, SettingsInvalid, UsageError
from tests.conftest import ROOT as FOLDER
from tests.fakes import NOON
from tests.x509_factory import issue

ROOT = issue("Root", authority=True)
OTHER = issue("Other root", authority=True)


def entry(name: str = "alpha", **changes: object) -> AuthorityEntry:
    plain = AuthorityEntry(name, "http://tsa.example/tsr", (ROOT.der,), NOON)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the members, by name


def listed(*entries: AuthorityEntry, **changes: object) -> AuthorityList:
    return replace(AuthorityList(entries=entries), **changes)  # type: ignore[arg-type]  # likewise


def text(*entries: AuthorityEntry, **changes: object) -> str:
    return listed(*entries, **changes).encode().decode()


WHOLE = listed(
    entry(fallback="beta", policy="1.2.3.4", interval=15, timeout=5),
    entry("beta", independent=False, roots=(ROOT.der, OTHER.der)),
    entry("Gamma 3.x_-", url="https://[::1]:318/a?b=c#d", since=NOON + timedelta(days=1)),
    entry("gone", retired=True),
    local=False,
    required=2,
    deadline=77,
)


def test_what_is_written_is_read() -> None:
    assert parse(WHOLE.encode()) == WHOLE
    assert parse(AuthorityList().encode()) == AuthorityList()


@given(
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=63),
    st.integers(0, 3600),
    st.integers(1, 600),
    st.booleans(),
)
def test_any_entry_is_read_as_written(
    name: str, interval: int, timeout: int, independent: bool
) -> None:
    one = entry(f"x{name[:62]}", interval=interval, timeout=timeout, independent=independent)
    assert parse(listed(one).encode()).entries == (one,)


def test_without_a_file_the_own_authority_is_alone(tmp_path: Path) -> None:
    assert AuthorityList.load(tmp_path / "authorities.toml") == AuthorityList()


def test_a_file_is_kept_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "authorities.toml"
    for one in (WHOLE, AuthorityList(), WHOLE):
        one.save(path)
        assert AuthorityList.load(path) == one


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(given: str) -> str:
        assert old in given
        return given.replace(old, new, 1)

    return change


FAULTS: dict[str, tuple[Callable[[str], str], str]] = {
    "not TOML": (lambda _: "v = ", "not TOML"),
    "version": (swap("v = 1", "v = 2"), "version 1"),
    "version as a truth": (swap("v = 1", "v = true"), "v"),
    "no version": (swap("v = 1\n", ""), "v"),
    "unknown member": (swap("local = true", "locale = true"), "'locale'"),
    "unknown member of one": (swap("interval = 0", "intervall = 0"), "'intervall'"),
    "deadline of nothing": (swap("deadline = 30", "deadline = 0"), "1 to 3600"),
    "required beyond": (swap("v = 1", "v = 1\nrequired = 2"), "2 are required"),
    "required none": (swap("v = 1", "v = 1\nrequired = 0"), "1 to 64"),
    "local no truth": (swap("local = true", "local = 1"), "true or false"),
    "tables as text": (lambda _: "v = 1\nauthority = 'x'\n", "authority"),
    "no name": (swap('name = "alpha"\n', ""), "no name"),
    "own name": (swap('"alpha"', '"local"'), "'local'"),
    "name with a line end": (swap('"alpha"', '"a\\nb"'), "no name"),
    "name as number": (swap('"alpha"', "1"), "a text"),
    "no address": (swap('url = "http://tsa.example/tsr"\n', ""), "no address"),
    "file address": (swap("http://tsa.example/tsr", "file:///etc/passwd"), "no address"),
    "half an address": (swap("http://tsa.example/tsr", "http://["), "no address"),
    "no since": (swap("since = 2026-11-22T12:00:00Z\n", ""), "a time like"),
    "since without zone": (swap("12:00:00Z", "12:00:00"), "a time like"),
    "since as text": (swap("2026-11-22T12:00:00Z", '"2026"'), "a time like"),
    "since before all years": (
        swap("2026-11-22T12:00:00Z", "0001-01-01T00:00:00+23:59"),
        "years that there are",
    ),
    "odd policy": (swap("timeout = 20", 'timeout = 20\npolicy = "one"'), "no policy"),
    "unknown fallback": (swap("timeout = 20", 'timeout = 20\nfallback = "x"'), "'x'"),
    "own fallback": (swap("timeout = 20", 'timeout = 20\nfallback = "alpha"'), "own fallback"),
    "no roots": (swap("-----BEGIN CERTIFICATE-----", ""), "certificate"),
    "nobody": (lambda _: "v = 1\nlocal = false\n", "1 to 64"),
    "endless interval": (swap("interval = 0", "interval = 3601"), "0 to 3600"),
    "not UTF-8": (swap("alpha", "\udcff"), "not TOML"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_is_refused_and_named(fault: str, tmp_path: Path) -> None:
    change, words = FAULTS[fault]
    path = tmp_path / "authorities.toml"
    path.write_bytes(change(text(entry())).encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsInvalid) as caught:
        AuthorityList.load(path)
    assert words in str(caught.value)
    assert caught.value.where == str(path)


def test_two_of_one_name_and_circles_of_fallbacks_are_refused() -> None:
    for wrong in (
        [entry(), entry()],
        [entry("a", fallback="b"), entry("b", fallback="a")],
        [entry("a", fallback="c"), entry("b", fallback="c"), entry("c")],
        [entry("a", fallback="b"), entry("b", retired=True)],
    ):
        with pytest.raises(SettingsInvalid):
            parse(text(*wrong).encode())


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="larger"):
        parse(text(entry()).encode() + b"#" * (4 << 20))


def test_a_fallback_does_not_count_beside_the_one_it_stands_in_for() -> None:
    two = [entry("a", fallback="b"), entry("b")]
    with pytest.raises(SettingsInvalid, match="2 are required, but only 1"):
        parse(text(*two, required=2).encode())
    assert parse(text(*two, required=1).encode()).required == 1


def test_one_more_is_added_once() -> None:
    one = AuthorityList().added(entry())
    assert one.active == (entry(),)
    for name in ("alpha", "local"):
        with pytest.raises(UsageError):
            one.added(entry(name))


def test_one_removed_is_no_longer_asked_and_its_roots_stay() -> None:
    rest = listed(entry(), entry("beta"), required=2).removed("alpha")
    assert [one.name for one in rest.active] == ["beta"]
    assert rest.entries[0].roots == (ROOT.der,)
    assert rest.required is None
    again = rest.added(entry(roots=(OTHER.der,)))
    assert [one.name for one in again.active] == ["beta", "alpha"]
    assert again.active[1].roots == (OTHER.der, ROOT.der)


def test_required_stays_where_so_many_are_left() -> None:
    assert listed(entry(), entry("beta"), required=1).removed("alpha").required == 1


def test_what_can_t_be_removed_stays() -> None:
    for start, name in (
        (AuthorityList(), "local"),
        (AuthorityList(), "alpha"),
        (listed(entry(), local=False), "alpha"),
        (listed(entry(), local=False), "local"),
        (listed(entry(fallback="beta"), entry("beta")), "beta"),
        (listed(entry(), entry("beta", retired=True)), "beta"),
    ):
        with pytest.raises(UsageError):
            start.removed(name)


def test_every_preset_can_be_added() -> None:
    known = presets()
    assert {"freetsa", "digicert", "globalsign", "sectigo", "identrust", "sigstore"} <= set(known)
    assert known["sectigo"].interval == 15
    for name, one in known.items():
        assert (one.name, bool(one.title)) == (name, True)
        url = one.url or "http://customer.example/"
        fresh = entry(name, url=url, interval=one.interval)
        assert parse(AuthorityList().added(fresh).encode()).entries == (fresh,)
        assert all(len(bytes.fromhex(digest)) == 32 for digest in one.sha256)
        assert all(isinstance(line, str) for line in (*one.roots, *one.quirks))
        assert one.to_json()["name"] == name


def test_pinned_roots_are_those_that_the_presets_name() -> None:
    """As found in a bundle of this machine, which knows nothing of presets."""
    checked = 0
    for one in presets().values():
        for root in roots_here(one.sha256):
            subject = parse_certificate(root).subject_text
            assert any(name in subject for name in one.roots), subject
            checked += 1
    assert checked > 6


def test_the_page_says_which_presets_pin_a_root() -> None:
    page = (FOLDER / "docs" / "timestamp-authorities.md").read_text()
    rows = re.findall(r"^\| (`.*) \| (pinned|not pinned)", page, re.MULTILINE)
    told = {name: kind == "pinned" for names, kind in rows for name in re.findall("`(.*?)`", names)}
    assert told == {name: bool(one.sha256) for name, one in presets().items()}


def test_no_root_is_found_by_another_fingerprint() -> None:
    assert roots_here(["00" * 32]) == ()


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_by_an_error_of_ours(data: bytes) -> None:
    try:
        parse(data)
    except EvidenceError:
        return
    assert parse(data).active == ()
