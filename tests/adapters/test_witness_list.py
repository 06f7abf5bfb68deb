"""``witnesses.toml``: what is written is read, and every other file is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry, WitnessList, parse
from evidence_ledger.core.quorum import Group, Quorum
from evidence_ledger.core.verifier_key import KeyType
from evidence_ledger.errors import EvidenceError, FormatError, SettingsInvalid, UsageError
from tests.small_log import make_key

SINCE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEYS = [make_key(f"w{n}.example").verifier.encode() for n in range(40)]
LOG_KEY = make_key("log.example", KeyType.ED25519).verifier.encode()


def entry(number: int, **changes: object) -> WitnessEntry:
    made = {"name": f"w{number}", "url": f"https://w{number}.example/", "vkeys": (KEYS[number],)}
    return WitnessEntry(**{"since": SINCE, **made, **changes})  # type: ignore[arg-type]  # a test's table


def listed(*entries: WitnessEntry) -> WitnessList:
    found = WitnessList()
    for one in entries:
        found = found.added(one)
    return found


@given(
    st.lists(
        st.builds(
            entry,
            st.integers(0, 7),
            operator_run=st.booleans(),
            ed25519_only=st.booleans(),
            retired=st.booleans(),
            timeout=st.integers(1, 600),
        ),
        unique_by=lambda one: one.name,
        max_size=6,
    ),
    st.integers(1, 600),
)
def test_what_is_written_is_read(entries: list[WitnessEntry], deadline: int) -> None:
    active = [one for one in entries if not one.retired]
    own = frozenset(one.name for one in active if one.operator_run)
    groups = (Group("g", 1, tuple(one.name for one in active), True),) if active else ()
    for quorum in (
        Quorum(operator_run=own, groups=groups),
        Quorum(witnesses=len(active), independent=len(active) - len(own), operator_run=own),
    ):
        found = WitnessList(tuple(entries), quorum, deadline)
        assert parse(found.encode()) == found


def test_without_a_file_nobody_is_asked(tmp_path: Path) -> None:
    assert WitnessList.load(tmp_path / "witnesses.toml") == WitnessList()


def test_a_file_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    found = listed(entry(0), entry(1, operator_run=True)).needing(2, 1, None)
    found.save(tmp_path / "witnesses.toml")
    assert WitnessList.load(tmp_path / "witnesses.toml") == found
    assert found.quorum.operator_run == {"w1"}


def test_a_retired_witness_keeps_its_keys_when_it_comes_back() -> None:
    found = listed(entry(0)).removed("w0").added(entry(0, vkeys=(KEYS[9],)))
    (one,) = found.active
    assert one.vkeys == (KEYS[9], KEYS[0])


def test_a_smaller_list_has_a_smaller_quorum() -> None:
    found = listed(entry(0), entry(1), entry(2, operator_run=True)).needing(3, 2, None)
    assert found.removed("w0").quorum == Quorum(2, 1, operator_run=frozenset({"w2"}))


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.added(entry(0)),
        lambda found: found.removed("nobody"),
        lambda found: found.grouped(Group("g", 1, ("w0",))).removed("w0"),
        lambda found: found.needing(0, 0, "w0").removed("w0"),
        lambda found: found.ungrouped("g"),
        lambda found: (
            found.grouped(Group("g", 1, ("w0",))).grouped(Group("h", 1, ("g",))).ungrouped("g")
        ),
    ],
)
def test_what_makes_no_sense_is_refused(change: object) -> None:
    assert callable(change)
    with pytest.raises(UsageError):
        change(listed(entry(0), entry(1)))


@pytest.mark.parametrize(
    "wrong",
    [
        entry(0, name=""),
        entry(0, name="a/b"),
        entry(0, url="https://"),
        entry(0, url="w.example"),
        entry(0, url="https://[x"),
        entry(0, url="https://w.example/ x"),
        entry(0, url="https://w.example/#x"),
        entry(0, vkeys=()),
        entry(0, vkeys=tuple(KEYS[:9])),
        entry(0, vkeys=(KEYS[0], KEYS[0])),
        entry(0, vkeys=(LOG_KEY,)),
        entry(0, timeout=0),
        entry(0, timeout=601),
    ],
    ids=lambda one: f"{one.name} {one.url} {len(one.vkeys)} {one.timeout}",
)
def test_a_wrong_witness_is_refused(wrong: WitnessEntry) -> None:
    with pytest.raises(SettingsInvalid):
        parse(WitnessList((wrong,)).encode())


HOSTILE = {
    "no version": b"deadline = 1",
    "another version": b"v = 2",
    "no TOML": b"v = ",
    "no UTF-8": b"v = 1\n# \xff",
    "a strange member": b"v = 1\nwitnesses = 1",
    "no deadline": b"v = 1\ndeadline = 0",
    "a long deadline": b"v = 1\ndeadline = 601",
    "a deadline that is none": b'v = 1\ndeadline = "soon"',
    "a strange member of a witness": WitnessList((entry(0),)).encode() + b'key = "x"\n',
    "a witness twice": WitnessList((entry(0), entry(0))).encode(),
    "a key twice": WitnessList((entry(0), entry(1, vkeys=(KEYS[0],)))).encode(),
    "a retired witness in a group": WitnessList(
        (entry(0, retired=True),), Quorum(groups=(Group("g", 1, ("w0",)),))
    ).encode(),
    "more than there are": WitnessList((entry(0),), Quorum(2)).encode(),
    "more than are independent": WitnessList((entry(0, operator_run=True),), Quorum(0, 1)).encode(),
    "a time without an offset": WitnessList((entry(0),)).encode().replace(b"00Z", b"00"),
    "too many witnesses": WitnessList(tuple(map(entry, range(33)))).encode(),
    "too large": b"v = 1\n#" + b"x" * 1024 * 1024,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(name: str, tmp_path: Path) -> None:
    with pytest.raises((SettingsInvalid, FormatError)):
        parse(HOSTILE[name])
    path = tmp_path / "witnesses.toml"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(SettingsInvalid) as refused:
        WitnessList.load(path)
    assert refused.value.where == str(path)


@given(st.data())
def test_a_damaged_file_raises_nothing_but_errors_of_ours(data: st.DataObject) -> None:
    whole = listed(entry(0), entry(1)).needing(1, 0, None).encode().decode()
    place = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 30))
    text = whole[:place] + data.draw(st.text(max_size=5)) + whole[place + length :]
    try:
        parse(text.encode("utf-8", "surrogatepass"))
    except EvidenceError as error:
        assert error.message  # noqa: PT017 every other exception fails the test
