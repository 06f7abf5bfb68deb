"""Every input that once broke something, and every seed, without the fuzzer."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence_ledger.core import der_writer as w
from tests import record_factory
from tests.fuzz.target import FINDINGS, Target
from tests.fuzz.targets import all_targets

MIB = 1 << 20
MOST_MEMORY = 64 * MIB
FOUND = sorted(path for path in FINDINGS.glob("*/*") if path.is_file())


def memory(check: Callable[[], object]) -> int:
    """The most bytes that ``check`` held at once, above the start."""
    tracemalloc.start()
    try:
        check()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", FOUND, ids=[f"{one.parent.name}-{one.name}" for one in FOUND])
def test_a_finding_stays_fixed(path: Path) -> None:
    target, data = all_targets()[path.parent.name], path.read_bytes()
    assert memory(lambda: target.run(data)) < MOST_MEMORY


def test_there_are_findings() -> None:
    assert FOUND


@pytest.mark.parametrize("name", all_targets())
def test_every_seed_is_judged(name: str) -> None:
    target = all_targets()[name]
    for seed in target.seeds:
        target.run(seed)


def nested(depth: int) -> bytes:
    """SEQUENCEs inside each other."""
    heads, size = [], 0
    for _ in range(depth):
        count = (size.bit_length() + 7) // 8
        long = bytes([0x80 | count]) + size.to_bytes(count, "big")
        heads.append(b"\x30" + (bytes([size]) if size < 0x80 else long))
        size += len(heads[-1])
    return b"".join(reversed(heads))


def record_of_hashes(value: bytes, lists: int) -> bytes:
    """A record that is right in form, with lists of 90,000 times the same hash."""
    sha256 = record_factory.SHA256.identifier.encode()
    group = w.sequence(*[w.octet_string(value)] * 90_000)
    token = record_factory.stamp(bytes(32), record_factory.START)
    stamp = w.sequence(w.implicit(0, sha256), w.tlv(0xA2, group * lists), token)
    return w.sequence(w.integer(1), w.sequence(sha256), w.sequence(w.sequence(stamp)))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested": lambda: nested(200_000),
    "nested without an end": lambda: b"\x30\x80" * MIB,
    "nested strings": lambda: b"\x24\x80" * MIB,
    "millions of members": lambda: w.sequence(w.sequence(b"\x05\x00" * 7 * MIB)),
    "one long string": lambda: w.sequence(w.octet_string(bytes(15 * MIB))),
    "one long number": lambda: w.sequence(w.tlv(0x02, b"\x7f" * 15 * MIB)),
    "a string in pieces": lambda: b"\x24\x80" + (b"\x04\x40" + bytes(64)) * 60_000 + b"\0\0",
    "oversized": lambda: bytes(40 * MIB),
    "a record of short hashes": lambda: record_of_hashes(b"xy", 38),
    "a record of many hashes": lambda: record_of_hashes(bytes(32), 4),
}
READERS = ("ber", "x509", "crl", "ocsp", "cades", "timestamp", "record")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_der_takes_little_memory(name: str) -> None:
    data = HOSTILE[name]()
    targets: list[Target] = [all_targets()[one] for one in READERS]
    for target in targets:
        held = memory(lambda one=target: one.run(data))  # type: ignore[misc]  # mypy sees no type of a default
        assert held < MOST_MEMORY, f"{target.name}: {held / MIB:.0f} MiB"
