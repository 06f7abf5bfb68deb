"""Auditing logs: another project's real log, and every file of a log changed in turn."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.adapters.log_source import DirectorySource
from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.verifier_key import VerifierKey
from tests.small_log import LOG, LOG_ML_DSA, SmallLog, make_key

TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ENTRIES = [b"entry %d" % n for n in range(66_000)]


def _audit(log: SmallLog) -> Report:
    return audit_log(log, [LOG.verifier])


@pytest.mark.parametrize("size", range(16))
def test_another_projects_log_at_every_size(size: int, corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(corpus / "tessera-log", folder)
    (folder / "checkpoint").unlink()
    shutil.copy(corpus / "tessera-log" / f"checkpoint.{size}", folder / "checkpoint")
    report = audit_log(DirectorySource(folder), [VerifierKey.parse(TESSERA)])
    assert report.verdict is Verdict.PASSED
    assert report.facts["size"] == size


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 1000])
def test_our_log_passes_and_progress_is_told(size: int) -> None:
    seen: list[tuple[int, int]] = []
    log = SmallLog(ENTRIES[:size])
    report = audit_log(log, [LOG.verifier], progress=lambda done, total: seen.append((done, total)))
    assert report.verdict is Verdict.PASSED
    assert [done for done, _ in seen] == [*range(256, size, 256), size][: len(seen)]
    assert len(seen) == -(-size // 256)


def test_a_log_of_three_tile_levels_passes() -> None:
    report = _audit(SmallLog(ENTRIES))
    assert report.verdict is Verdict.PASSED
    assert report.steps[3].says == "Every tile (261) is that of the entries."


LARGE = SmallLog(ENTRIES[:600])
NAMES = sorted(LARGE.files)


@given(st.sampled_from(NAMES), st.data())
def test_any_changed_bit_of_any_file_is_found(name: str, data: st.DataObject) -> None:
    original = LARGE.files[name]
    at = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    report = _with({name: bytes(changed)})
    assert report.verdict is not Verdict.PASSED
    if name != "checkpoint":
        assert report.verdict is Verdict.FAILED
        assert name in str(report.steps) or "log.root" in str(report.steps)


def _with(files: dict[str, bytes], without: str = "") -> Report:
    log = SmallLog([])
    log.files = {**LARGE.files, **files}
    log.files.pop(without, None)
    return _audit(log)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_not_decided(name: str) -> None:
    report = _with({}, without=name)
    assert report.verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tail", [b"\x00", bytes(32)])
def test_trailing_bytes_are_found(name: str, tail: bytes) -> None:
    assert _with({name: LARGE.files[name] + tail}).verdict is Verdict.FAILED


def test_a_changed_tile_is_named_while_the_root_is_right() -> None:
    report = _with({"tile/0/001": bytes(8192)})
    assert [step.verdict for step in report.steps[:3]] == [Verdict.PASSED] * 3
    assert report.steps[3].reason == "log.tile"
    assert "tile/0/001" in report.steps[3].says


def test_a_tile_found_wrong_stays_wrong_when_a_later_entry_is_missing() -> None:
    log = SmallLog([])
    log.files = {**LARGE.files, "tile/0/000": bytes(8192)}
    del log.files["tile/entries/001"]
    assert [step.reason for step in _audit(log).steps] == [
        None,
        None,
        "log.unreachable",
        "log.tile",
    ]


def test_a_log_that_grew_serves_full_tiles_for_partial_ones() -> None:
    log = SmallLog(ENTRIES[:1000])
    old = SmallLog(ENTRIES[:700])
    log.files["checkpoint"] = old.files["checkpoint"]
    for level in ("entries", "0"):
        assert f"tile/{level}/002" in log.files
    log.files["tile/1/000.p/2"] = old.files["tile/1/000.p/2"]
    assert _audit(log).verdict is Verdict.PASSED


def test_two_entries_that_changed_places_are_found() -> None:
    swapped = [ENTRIES[1], ENTRIES[0], *ENTRIES[2:600]]
    files = {"tile/entries/000": SmallLog(swapped).files["tile/entries/000"]}
    assert _with(files).steps[2].reason == "log.root"


def test_a_consistent_log_under_another_checkpoint_is_found() -> None:
    other = SmallLog([*ENTRIES[:599], b"another end"])
    report = _with({"checkpoint": other.files["checkpoint"]})
    assert report.steps[2].reason == "log.root"


def test_a_key_that_did_not_sign_decides_nothing() -> None:
    report = audit_log(LARGE, [LOG_ML_DSA.verifier])
    assert report.verdict is Verdict.INDETERMINATE
    assert report.steps[1].reason == "note.no-known-key"


def test_the_key_of_another_log_decides_nothing() -> None:
    other = make_key("other.example", LOG.type)
    log = SmallLog([])
    text = log.text
    log.files["checkpoint"] = text + b"\n" + other.line(text)
    report = audit_log(log, [other.verifier])
    assert report.steps[1].reason == "checkpoint.unknown-origin"


def test_many_wrong_tiles_are_counted_and_a_few_named() -> None:
    log = SmallLog(ENTRIES[: 256 * 20])
    for index in range(20):
        log.files[f"tile/0/{index:03}"] = bytes(8192)
    says = _audit(log).steps[3].says
    assert says.startswith("20 of 21 tiles")
    assert "tile/0/009, and 10 more" in says
