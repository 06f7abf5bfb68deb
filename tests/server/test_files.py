"""Files that are uploaded: only the depositor's, only those deposited, read by who may."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from evidence_ledger.core.administration import Enrol, Revoke
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.role import Role
from evidence_ledger_server import kept_files
from tests.cli.conftest import Run, desk, evidence
from tests.fakes import signer_of
from tests.server.acting import FRIEND, STRANGER, act, author, get, granted
from tests.server.running import Running, signed_fields
from tests.workbench import fact
from tests.x509_factory import Holder

__all__ = ["desk", "evidence"]

LEASE = b"the lease"
FILE = "/v1/deposits/0/files/0"


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Running]:
    """A server that keeps files, with a deposit of two."""
    files = tmp_path / "files"
    with Running(tmp_path / "served", seal_every=3600.0, files=files) as server:
        two = fact("lease.txt", LEASE, sm3=False), fact("plan.txt", b"plan", sm3=False)
        assert server.deposit(server.signed(*two)).status_code == 201
        yield server


def put(server: Running, path: str, data: bytes, by: Holder | None = None) -> httpx.Response:
    signer = signer_of(by) if by else server.author.signer
    return server.client.put(path, content=data, headers=signed_fields(server, path, signer, "PUT"))


def kept(server: Running) -> list[str]:
    folder = server.config.files
    assert folder is not None
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_depositor_uploads_and_reads(keeping: Running) -> None:
    done = put(keeping, FILE, LEASE)
    digest = hashlib.sha256(LEASE).hexdigest()
    assert (done.status_code, done.json()["sha256"]) == (201, digest)
    assert kept(keeping) == [digest]
    assert put(keeping, FILE, LEASE).status_code == 201
    read = get(keeping, FILE, keeping.author.signer)
    assert (read.status_code, read.content) == (200, LEASE)
    assert read.headers["cache-control"] == "no-store"
    assert "attachment" in read.headers["content-disposition"]


def test_other_bytes_are_refused_and_nothing_is_left(keeping: Running) -> None:
    answer = put(keeping, FILE, b"another lease")
    assert (answer.status_code, answer.json()["code"]) == (422, "file.altered")
    assert kept(keeping) == []


def test_a_stranger_neither_uploads_nor_reads(keeping: Running) -> None:
    assert put(keeping, FILE, LEASE, STRANGER).status_code == 403
    assert keeping.client.put(FILE, content=LEASE).status_code == 401
    assert kept(keeping) == []
    put(keeping, FILE, LEASE)
    assert get(keeping, FILE, STRANGER).status_code == 403
    assert keeping.client.get(FILE).status_code == 401


def test_a_grant_opens_the_files_that_it_names(keeping: Running) -> None:
    put(keeping, FILE, LEASE)
    put(keeping, "/v1/deposits/0/files/1", b"plan")
    granted(keeping, 0, Grant(hashlib.sha256(FRIEND.der).digest(), (1,)))
    assert get(keeping, "/v1/deposits/0/files/1", FRIEND).content == b"plan"
    refused = get(keeping, FILE, FRIEND)
    assert (refused.status_code, refused.json()["code"]) == (403, "files.not-granted")


@pytest.mark.parametrize(
    "path", ["/v1/deposits/0/files/2", "/v1/deposits/7/files/0", "/v1/deposits/0/files/-1"]
)
def test_what_was_not_deposited_is_not_taken(keeping: Running, path: str) -> None:
    assert put(keeping, path, LEASE).status_code in (400, 404)
    assert kept(keeping) == []


def test_a_file_that_was_not_uploaded(keeping: Running) -> None:
    answer = get(keeping, FILE, keeping.author.signer)
    assert (answer.status_code, answer.json()["code"]) == (404, "files.not-there")


def test_too_large_is_refused(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"files": tmp_path / "files", "largest_file": 5}
    with Running(tmp_path / "served", seal_every=3600.0, **settings) as server:
        server.deposit(server.signed(fact("lease.txt", LEASE, sm3=False)))
        assert put(server, FILE, LEASE).status_code == 413
        assert kept(server) == []


def test_a_full_disk_is_told_and_leaves_nothing(
    keeping: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept_files, "_settle", full)
    answer = put(keeping, FILE, LEASE)
    assert (answer.status_code, answer.json()["code"]) == (507, "files.full")
    assert kept(keeping) == []


@pytest.mark.usefixtures("desk")
def test_files_leave_the_machine_where_that_is_asked_for(keeping: Running, evidence: Run) -> None:
    options = ("--server", keeping.url, "--key", keeping.home.depositor)
    assert evidence("deposit", "case", *options, "--out", "a.asice").code == 0
    assert kept(keeping) == []
    done = evidence("deposit", "case", *options, "--upload", "--out", "b.asice", "--json")
    assert done.code == 0, done.err
    assert len(kept(keeping)) == done.document["files"]


@pytest.mark.usefixtures("desk")
def test_a_server_that_keeps_no_files_is_told_before_anything_is_entered(
    server: Running, evidence: Run
) -> None:
    options = ("--server", server.url, "--key", server.home.depositor, "--upload")
    refused = evidence("deposit", "case", *options, "--out", "a.asice")
    assert refused.code == 2
    assert "keeps no files" in refused.err
    assert server.client.get("/v1/deposits/0").status_code == 404
    assert evidence("deposit", "case", *options, "--private").code == 2
    assert evidence("deposit", "case", "--upload").code == 2
    assert put(server, FILE, LEASE).json()["code"] == "files.not-kept"


def test_who_knows_the_digest_alone_gets_no_file(keeping: Running) -> None:
    """A digest can be deposited by anybody; the file is its uploader's."""
    put(keeping, FILE, LEASE)
    thief = author(STRANGER)
    stolen = thief.deposit([fact("mine.txt", LEASE, sm3=False)], [], keeping.context())
    index = keeping.deposit(stolen).json()["index"]
    answer = get(keeping, f"/v1/deposits/{index}/files/0", STRANGER)
    assert (answer.status_code, answer.json()["code"]) == (404, "files.not-there")


def test_who_was_revoked_uploads_nothing(keeping: Running) -> None:
    act(keeping, Enrol(keeping.author.fingerprint, frozenset({Role.DEPOSITOR})))
    act(keeping, Revoke(keeping.author.fingerprint))
    assert put(keeping, FILE, LEASE).status_code == 403
    assert kept(keeping) == []
