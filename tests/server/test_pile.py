"""Certificates in one file: each is read as if it had a file of its own, and all are limited."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_ledger.core import trust_policy
from evidence_ledger.core.digest import Algorithm
from evidence_ledger.core.presented_file import claimed_digests
from evidence_ledger.core.trust_policy import TrustPolicy
from evidence_ledger_server import pile, upload
from evidence_ledger_server.pile import Pile
from evidence_ledger_server.problem import Problem
from tests.server.running import Running


def piled(*contents: bytes, each: int = 100, together: int = 1000) -> Pile:
    made = Pile(io.BytesIO(), each, together)
    for number, data in enumerate(contents):
        made.begin(b"%d" % number)
        for at in range(0, len(data), 7):
            made.write(data[at : at + 7])
    return made


STEP = st.tuples(st.sampled_from(["seek", "end", "on", "read"]), st.integers(0, 40))


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4), st.lists(STEP, max_size=12))
def test_each_reads_as_a_file_of_its_own(
    contents: list[bytes], steps: list[tuple[str, int]]
) -> None:
    ours = [one.source for one in piled(*contents).certificates()]
    theirs = [io.BytesIO(one) for one in contents]
    for at, (name, number) in enumerate(steps):
        mine, other = ours[at % len(ours)], theirs[at % len(ours)]
        answers: list[Any] = []
        for file in (mine, other):
            if name == "read":
                answers.append(file.read(number))
            elif name == "end":
                answers.append(file.seek(0, os.SEEK_END))
            else:
                whence = os.SEEK_SET if name == "seek" else os.SEEK_CUR
                answers.append(file.seek(number, whence))
        assert answers[0] == answers[1]
    assert [one.read() for one in ours] == [one.read() for one in theirs]
    with pytest.raises(OSError, match="beginning"):
        ours[0].seek(-1)


def test_names_that_are_not_utf_8_are_shown() -> None:
    made = piled()
    made.begin(b"\xff.asice")
    assert made.certificates()[0].name == "\\xff.asice"


def test_each_and_all_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pile, "MOST", 2)
    with pytest.raises(Problem) as refused:
        piled(bytes(101))
    assert refused.value.status == 413
    with pytest.raises(Problem) as refused:
        piled(bytes(60), bytes(60), together=119)
    assert refused.value.status == 413
    with pytest.raises(Problem) as refused:
        piled(b"", b"", b"")
    assert (refused.value.status, refused.value.code) == (413, "http.parts")


@pytest.mark.parametrize(
    ("limits", "count"),
    [({"largest_certificate": 900}, 1), ({"largest_presented": 1500}, 2)],
    ids=["one", "all"],
)
def test_the_servers_settings_limit_what_lies_beside_a_list(
    tmp_path: Path, limits: dict[str, int], count: int
) -> None:
    listed = io.BytesIO()
    with zipfile.ZipFile(listed, "w") as container:
        container.writestr("docket.jsonl", "")
    beside = [("file", ("a", bytes(901)))] * count
    with Running(tmp_path / "ledger", seal_every=3600.0, **limits) as server:
        named = ("certificate", ("c", listed.getvalue()))
        answer = server.client.post("/v1/verify", files=[named, *beside])
        assert (answer.status_code, answer.json()["code"]) == (413, "http.too-large")
        answer = server.client.post("/v1/verify", files=[named, ("file", ("a", bytes(899)))])
        assert answer.json()["verdict"] == "FAILED"


@pytest.mark.parametrize("size", [1, 60_000, 300_000])
def test_a_certificate_is_unpacked_where_it_holds_up_nobody_however_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """It is read when the first file comes, to learn by which digests. What is small may swell."""
    where: list[str] = []

    def watched(source: BinaryIO) -> set[Algorithm]:
        where.append(threading.current_thread().name)
        return claimed_digests(source)

    monkeypatch.setattr(upload, "claimed_digests", watched)
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        parts = [("certificate", ("c", bytes(size))), ("file", ("a", b"x"))]
        assert server.client.post("/v1/verify", files=parts).json()["verdict"] == "FAILED"
    assert [one.startswith("check") for one in where] == [True]


def test_a_large_policy_behind_a_file_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: list[str] = []

    def watched(text: str) -> TrustPolicy:
        where.append(threading.current_thread().name)
        return parse(text)

    parse = trust_policy.parse
    with Running(tmp_path / "ledger", seal_every=3600.0) as server:
        monkeypatch.setattr(trust_policy, "parse", watched)
        parts = [("file", ("a", b"x")), ("policy", ("p", b"#" + b" " * 300_000))]
        assert server.client.post("/v1/verify", files=parts).status_code < 500
        two = [("policy", ("p", server.client.get("/v1/policy").content))] * 2
        answer = server.client.post("/v1/verify", files=two)
        assert (answer.status_code, answer.json()["code"]) == (400, "http.part")
    assert [one.startswith("check") for one in where] == [True, True]
