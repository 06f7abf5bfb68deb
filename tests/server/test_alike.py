"""The endpoint judges every kind of file as the command line does: member by member the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from evidence_ledger.core import misbehaviour
from evidence_ledger_server.openapi import VERIFY
from evidence_ledger_server.routes.verification import BARE
from tests.cli.conftest import Run, evidence
from tests.fakes import FakeClock
from tests.golden.vectors import FOLDER
from tests.matter_story import MATTER, Story, told
from tests.server.running import Running
from tests.small_log import make_key
from tests.workbench import fact, written

__all__ = ["evidence"]

PASSED, FAILED, OPEN = "PASSED", "FAILED", "INDETERMINATE"
CODES = {PASSED: 0, FAILED: 1, OPEN: 3}
NOBODY = 'v = 1\nname = "nobody"\n'
VKEY = FOLDER.joinpath("misbehaviour.vkey").read_text().strip()
KEY_OF_ANOTHER = make_key("log.example/8").verifier.encode()


@dataclass
class Desk:
    """A story, a server, and the files of both kinds of certificates."""

    story: Story
    server: Running
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Question:
    """What is judged, what lies beside it, by whose policy, and what must come out.

    ``spoil`` changes the file first; ``policy`` None: that of the server.
    """

    file: str
    verdict: str
    beside: tuple[str, ...] = ()
    policy: Callable[[Story], str] | None = Story.policy
    vkeys: tuple[str, ...] = ()
    spoil: Callable[[bytes], bytes] = bytes
    reason: str | None = None


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("alike")
    story = told(folder)
    bench = story.bench
    made = {f"own-{number}.asice": story.certificate(one) for number, one in enumerate(story.own)}
    made["other.asice"] = story.certificate(story.others[0])
    made["all.asice"] = written(bench.complete(MATTER))
    two = bench.deposit([fact("a.txt", b"alpha"), fact("b.txt", b"beta")])
    late = bench.enter(MATTER, 5)
    bench.ledger.seal()
    made["two.asice"], made["late.asice"] = story.certificate(two), story.certificate(late)
    made |= {"a.txt": b"alpha", "b.txt": b"beta", "altered/a.txt": b"alpha!", "c.txt": b"gamma"}
    made |= {one.name: one.read_bytes() for one in FOLDER.glob("*.misbehaviour")}
    with Running(folder / "served", seal_every=3600.0) as server:
        server.app.api.state.service.clock = FakeClock(bench.clock.now())
        yield Desk(story, server, made)


def cut(data: bytes) -> bytes:
    return data[:-30]


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def with_member(name: str, data: bytes) -> Callable[[bytes], bytes]:
    """The container with another member in it, or in place of one."""

    def change(container: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(container)) as old, zipfile.ZipFile(out, "w") as new:
            for one in old.namelist():
                if one != name:
                    new.writestr(one, old.read(one))
            new.writestr(name, data)
        return out.getvalue()

    return change


def strict(story: Story) -> str:
    return story.policy() + "\n[rolls]\nrebuilt = true\n"


OWN = tuple(f"own-{number}.asice" for number in range(5))
PLAIN = {
    "alone": Question("two.asice", PASSED),
    "with its files": Question("two.asice", PASSED, ("b.txt", "a.txt")),
    "by the server's own policy": Question("two.asice", OPEN, policy=None),
    "with an altered file": Question(
        "two.asice", FAILED, ("altered/a.txt",), reason="file.altered"
    ),
    "with a strange file": Question("two.asice", OPEN, ("c.txt",), reason="file.not-deposited"),
    "trusting nobody": Question("two.asice", OPEN, policy=lambda _: NOBODY),
    "cut": Question("two.asice", FAILED, spoil=cut, reason="container.not-zip"),
    "cut, with a file": Question("two.asice", FAILED, ("a.txt",), spoil=cut),
    "with a bit turned": Question("two.asice", FAILED, spoil=flipped),
    "with an empty docket": Question(
        "two.asice", FAILED, spoil=with_member("docket.jsonl", b""), reason="docket.cut"
    ),
    "nothing": Question("two.asice", FAILED, spoil=lambda _: b""),
}
COMPLETE = {
    "a list alone": Question("all.asice", PASSED),
    "a list with all certificates": Question("all.asice", PASSED, OWN),
    "a list with one too few": Question(
        "all.asice", FAILED, OWN[1:], reason="completeness.left-out"
    ),
    "a list with none of them": Question("all.asice", FAILED, ("a.txt",)),
    "a list with another's": Question(
        "all.asice", FAILED, (*OWN, "other.asice"), reason="completeness.foreign"
    ),
    "a list with a later one": Question(
        "all.asice", OPEN, (*OWN, "late.asice"), reason="completeness.later"
    ),
    "a list with itself": Question("all.asice", OPEN, (*OWN, "all.asice")),
    "a list trusting nobody": Question("all.asice", OPEN, OWN, policy=lambda _: NOBODY),
    "a list by the server's own policy": Question("all.asice", OPEN, OWN, policy=None),
    "a list whose roll must be rebuilt": Question(
        "all.asice", OPEN, OWN, policy=strict, reason="completeness.not-rebuilt"
    ),
    "a list cut": Question("all.asice", FAILED, spoil=cut),
    "a list with a bit turned": Question("all.asice", FAILED, spoil=flipped),
    "a list with a docket that is none": Question(
        "all.asice", FAILED, spoil=with_member("docket.jsonl", b"{}\n"), reason="docket.members"
    ),
}
NODE = "node.misbehaviour"
ACCUSING = {
    **{
        f"{kind}, by the key": Question(
            f"{kind}.misbehaviour", FAILED, vkeys=(VKEY,), reason="ledger.two-histories"
        )
        for kind in ("node", "prefix", "same-size")
    },
    "evidence by a policy": Question(
        NODE, FAILED, policy=lambda _: NOBODY + f'[[log]]\nvkeys = ["{VKEY}"]\n'
    ),
    "evidence by a policy and a key": Question(
        NODE, FAILED, policy=lambda _: NOBODY, vkeys=(VKEY,)
    ),
    "evidence by the server's own policy": Question(
        NODE, OPEN, policy=None, reason="misbehaviour.no-key"
    ),
    "evidence by another's key": Question(NODE, OPEN, vkeys=(KEY_OF_ANOTHER,)),
    "evidence cut": Question(NODE, OPEN, vkeys=(VKEY,), spoil=cut),
    "evidence with a bit turned": Question(NODE, OPEN, vkeys=(VKEY,), spoil=flipped),
    "evidence of a newer form": Question(
        NODE, OPEN, vkeys=(VKEY,), spoil=lambda one: one.replace(b"@v1", b"@v2", 1),
        reason="misbehaviour.newer",
    ),
    "evidence that is too large": Question(
        NODE, OPEN, vkeys=(VKEY,), spoil=lambda one: one + b"\n" * misbehaviour.LARGEST,
        reason="misbehaviour.too-large",
    ),
    "evidence that is a container too": Question(
        "two.asice", OPEN, vkeys=(VKEY,), spoil=lambda one: misbehaviour.PREFIX + b"1\n" + one
    ),
}  # fmt: skip
QUESTIONS = PLAIN | COMPLETE | ACCUSING


def by_command(evidence: Run, desk: Desk, one: Question, folder: Path) -> tuple[int, Any]:
    """The exit code and the report."""
    for name, data in desk.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    judged = folder / "judged"
    judged.write_bytes(one.spoil(desk.files[one.file]))
    policy = folder / "trust.toml"
    policy.write_text(one.policy(desk.story) if one.policy else desk.server.home.trust.read_text())
    arguments: list[str | Path] = ["verify", judged, *(folder / name for name in one.beside)]
    arguments += ["--at", f"{desk.story.bench.clock.now():%Y-%m-%dT%H:%M:%SZ}", "--json"]
    for key in one.vkeys:
        arguments += ["--vkey", key]
    if one.policy is not Story.policy or not one.vkeys:
        arguments += ["--policy", policy]
    answer = evidence(*arguments)
    return answer.code, answer.document


def by_request(desk: Desk, one: Question, folder: Path) -> Any:
    """The report of a multipart request. Certificates are called as on the command line."""
    parts: list[tuple[str, tuple[str | None, bytes]]] = []
    if one.policy is not None and (one.policy is not Story.policy or not one.vkeys):
        parts.append(("policy", (None, one.policy(desk.story).encode())))
    parts += [("vkey", (None, key.encode())) for key in one.vkeys]
    parts.append(("certificate", ("c", one.spoil(desk.files[one.file]))))
    listed = one.file == "all.asice"
    for name in one.beside:
        shown = str(folder / name) if listed else Path(name).name
        parts.append(("file", (shown, desk.files[name])))
    answer = desk.server.client.post("/v1/verify", files=parts)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_give_one_report(asked: Desk, evidence: Run, tmp_path: Path, name: str) -> None:
    one = QUESTIONS[name]
    code, expected = by_command(evidence, asked, one, tmp_path)
    report = by_request(asked, one, tmp_path)
    for member in expected:
        assert report[member] == expected[member], member
    assert report == expected
    assert (report["verdict"], code) == (one.verdict, CODES[one.verdict])
    reasons = {step["reason"] for step in report["steps"]}
    assert one.reason is None or one.reason in reasons


@pytest.mark.parametrize("file", ["two.asice", "all.asice", "node.misbehaviour"])
@pytest.mark.parametrize("media_type", BARE)
def test_the_bare_file_is_judged_by_its_contents_alone(
    asked: Desk, evidence: Run, tmp_path: Path, file: str, media_type: str
) -> None:
    _, expected = by_command(evidence, asked, Question(file, OPEN, policy=None), tmp_path)
    answer = asked.server.client.post(
        "/v1/verify", content=asked.files[file], headers={"Content-Type": media_type}
    )
    assert answer.json() == expected
    assert media_type in VERIFY["requestBody"]["content"]


UNFIT: dict[str, tuple[str, list[tuple[str, Any]], list[str]]] = {
    "a file beside evidence": (NODE, [("file", ("two.asice", b"x"))], ["two.asice"]),
    "a key for a certificate": ("two.asice", [("vkey", (None, VKEY))], ["--vkey", VKEY]),
    "a key for a list": ("all.asice", [("vkey", (None, VKEY))], ["--vkey", VKEY]),
    "a key that is none": (NODE, [("vkey", (None, "é+1+"))], ["--vkey", "é+1+"]),
    "a policy that is none": (NODE, [("policy", (None, b"v = 2"))], ["--policy", "none.toml"]),
}


@pytest.mark.parametrize("name", UNFIT)
def test_both_refuse_what_does_not_fit_with_one_code(
    asked: Desk, evidence: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file, parts, arguments = UNFIT[name]
    (tmp_path / "none.toml").write_text("v = 2")
    for one in (file, "two.asice"):
        (tmp_path / one).write_bytes(asked.files[one])
    command = evidence("verify", file, *arguments, "--json")
    named = ("certificate", ("c", asked.files[file]))
    answer = asked.server.client.post("/v1/verify", files=[named, *parts])
    assert answer.json()["code"] == command.document["error"]["code"], answer.text
    assert answer.status_code == 400


def test_digests_do_not_stand_for_certificates(asked: Desk) -> None:
    named = ("certificate", ("c", asked.files["all.asice"]))
    digest = ("digest", (None, "sha256:" + "00" * 32))
    answer = asked.server.client.post("/v1/verify", files=[named, digest])
    assert (answer.status_code, answer.json()["code"]) == (400, "usage")
    keys = [("vkey", (None, VKEY))] * 101
    answer = asked.server.client.post("/v1/verify", files=keys)
    assert (answer.status_code, answer.json()["code"]) == (413, "http.parts")
    answer = asked.server.client.post("/v1/verify", files=[keys[0], digest])
    assert (answer.status_code, answer.json()["code"]) == (400, "usage")


def test_what_others_made_is_judged_alike(
    asked: Desk, evidence: Run, tmp_path: Path, corpus: Path
) -> None:
    files = sorted(one for one in corpus.rglob("*") if one.is_file())
    assert len(files) > 20
    for one in files[:: len(files) // 20]:
        asked.files["foreign"] = one.read_bytes()
        question = Question("foreign", FAILED)
        code, expected = by_command(evidence, asked, question, tmp_path)
        assert by_request(asked, question, tmp_path) == expected, one
        assert code == 1
    del asked.files["foreign"]
