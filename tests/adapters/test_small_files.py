"""Settings, trust policies and pending deposits as files: whole, or refused with a reason."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters import durable_file
from evidence_ledger.adapters.outbox import Outbox
from evidence_ledger.adapters.settings import LARGEST, Settings
from evidence_ledger.adapters.trust_file import read_trust
from evidence_ledger.adapters.trust_text import trust_text
from evidence_ledger.core import trust_policy
from evidence_ledger.core.admission import SignedStatement
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.toml_text import toml_text
from evidence_ledger.errors import (
    EvidenceError,
    FileUnreadable,
    FormatError,
    OutputExists,
    OutputUnwritable,
    SettingsInvalid,
)
from tests.workbench import CA, DEPOSITOR, note_signers

ORIGINS = st.from_regex(r"[\x21-\x2a\x2c-\x7e]{1,60}", fullmatch=True)
ODD = "a\"b\\c#d'e="


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_comes_back_from_toml(text: str) -> None:
    assert tomllib.loads(f"x = {toml_text(text)}\n") == {"x": text}


@given(ORIGINS, st.lists(st.sampled_from(Algorithm), unique=True))
def test_settings_come_back(
    tmp_path_factory: pytest.TempPathFactory, origin: str, digests: list[Algorithm]
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    Settings(origin, tuple(digests)).save(path)
    found = Settings.load(path)
    assert found.origin == origin
    assert found.digests == tuple(dict.fromkeys([Algorithm.SHA256, *digests]))
    assert found.operator is None
    found.with_operator(bytes(range(32))).replace(path)
    assert Settings.load(path) == found.with_operator(bytes(range(32)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v = 2",
        'v = true\norigin = "a"\ndigests = []',
        'v = 1.0\norigin = "a"\ndigests = []',
        'v = 1\norigin = "a b"\ndigests = []',
        "v = 1\norigin = 1\ndigests = []",
        'v = 1\norigin = "a"',
        'v = 1\norigin = "a"\ndigests = ["md5"]',
        'v = 1\norigin = "a"\ndigests = [[]]',
        'v = 1\norigin = "a"\ndigests = [{}]',
        'v = 1\norigin = "a"\ndigests = []\noperator = "AB"',
        'v = 1\norigin = "a"\ndigests = []\noperator = 7',
        'v = 1\norigin = "a"\ndigests = []\ncolour = "blue"',
        "v = 1\nx = " + "[" * 5000,
        'v = 1\norigin = "a"\ndigests = []\n' + "#" * LARGEST,
    ],
)
def test_other_settings_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(SettingsInvalid):
        Settings.load(path)


def test_settings_that_are_no_text_or_not_there_are_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    with pytest.raises(FileUnreadable):
        Settings.load(path)
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsInvalid):
        Settings.load(path)


# --- trust policies


def trust(origin: str, name: str = "x") -> str:
    return trust_text(
        name=name,
        vkeys=[one.vkey for one in note_signers(origin)],
        signers=[DEPOSITOR.der],
        authority="local",
        roots=[CA.der],
        digests=[Algorithm.SHA256, Algorithm.SM3],
    )


@pytest.mark.parametrize("origin", ["ledger.example/test", ODD])
def test_a_fresh_trust_policy_is_read_again(tmp_path: Path, origin: str) -> None:
    """Also where the origin holds what TOML gives a meaning."""
    path = tmp_path / "trust.toml"
    path.write_text(trust(origin, f"the ledger {origin}"))
    policy = read_trust(path)
    assert policy.name == f"the ledger {origin}"
    assert {key.name for log in policy.logs for key in log.keys} == {origin}
    assert policy.required_digests == {Algorithm.SHA256, Algorithm.SM3}
    assert [one.independent for one in policy.authorities] == [False]


def test_a_policy_above_the_limit_is_not_cut_but_refused(tmp_path: Path) -> None:
    """Cut at the limit, it would lose its last rules and still be TOML."""
    path = tmp_path / "trust.toml"
    filler = "# " + "é" * (trust_policy.LARGEST // 2) + "\n"
    path.write_text(f"v = 1\n{filler}[time]\nauthorities = 2\n")
    with pytest.raises(FormatError) as caught:
        read_trust(path)
    assert caught.value.reason == "policy.too-large"


def test_a_policy_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_bytes(b"v = 1\n# \xff")
    with pytest.raises(FormatError) as caught:
        read_trust(path)
    assert caught.value.reason == "policy.utf8"


# --- durable files


def test_a_new_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x"
    durable_file.write_new(path, b"one", mode=0o600)
    with pytest.raises(OutputExists):
        durable_file.write_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    durable_file.replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["x"]  # noqa: PTH208  # the bare names


def test_what_a_killed_program_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f".x.{os.getpid()}.part").write_bytes(b"half")
    durable_file.write_new(tmp_path / "x", b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable):
        durable_file.write_new(tmp_path / "none" / "x", b"")
    with pytest.raises(OutputUnwritable):
        durable_file.replace(tmp_path / "none" / "x", b"")


# --- the outbox

ONE = SignedStatement(b"statement", b"signature", [b'{"a":1}', b'{"b":2}'])
TWO = SignedStatement(b"other", b"signature", [])


def never() -> SignedStatement:
    raise AssertionError("A kept deposit was made anew.")


def test_a_kept_deposit_is_given_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.keep("key", lambda: ONE) == ONE
    assert Outbox(tmp_path).keep("key", never) == ONE
    assert outbox.keep("other", lambda: TWO) == TWO
    outbox.drop("key")
    outbox.drop("key")
    assert outbox.keep("key", lambda: TWO) == TWO


def test_a_deposit_that_was_half_kept_is_made_anew(tmp_path: Path) -> None:
    draft = tmp_path / f"key.{os.getpid()}.part"
    draft.mkdir()
    (draft / "statement.json").write_bytes(b"half")
    assert Outbox(tmp_path).keep("key", lambda: ONE) == ONE
    assert Outbox(tmp_path).keep("key", never) == ONE


def test_of_two_programs_with_one_deposit_the_first_counts(tmp_path: Path) -> None:
    """Both sign; both must hand in the same bytes."""

    def late() -> SignedStatement:
        assert Outbox(tmp_path).keep("key", lambda: ONE) == ONE
        return TWO

    assert Outbox(tmp_path).keep("key", late) == ONE
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_an_outbox_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EvidenceError):
        Outbox(tmp_path / "file").keep("key", lambda: ONE)
