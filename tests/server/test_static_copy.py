"""A static copy is what the server serves, file by file; the next one adds only what is new."""

from __future__ import annotations

from pathlib import Path

from evidence_ledger.adapters.log_source import DirectorySource
from evidence_ledger.core.log_audit import audit_log
from evidence_ledger.core.report import Verdict
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger_server.static_copy import write_copy
from tests.server.running import Running
from tests.server.test_story import vkeys_of
from tests.workbench import fact


def test_a_copy_is_audited_like_the_log_and_grows(server: Running, tmp_path: Path) -> None:
    copy, vkeys = tmp_path / "copy", [VerifierKey.parse(one) for one in vkeys_of(server)]
    assert write_copy(server.home.folder, copy) == (0, 0)
    for round_, name in enumerate(("a", "b"), 1):
        server.deposit(server.signed(fact(name, name.encode())), params={"wait": "seal"})
        written, size = write_copy(server.home.folder, copy)
        assert (written, size) == (2, 2 * round_ - 1)
        assert audit_log(DirectorySource(copy), vkeys).verdict is Verdict.PASSED
    assert write_copy(server.home.folder, copy)[0] == 0
    for path in copy.rglob("*"):
        if path.is_file():
            name = path.relative_to(copy).as_posix()
            assert server.client.get(f"/{name}").content == path.read_bytes()


def test_tiles_are_kept_for_ever_and_checkpoints_are_not(server: Running) -> None:
    server.deposit(server.signed(fact("a", b"a")), params={"wait": "seal"})
    tile = server.client.get("/tile/entries/000.p/1", headers={"Accept-Encoding": "identity"})
    assert "immutable" in tile.headers["cache-control"]
    assert "content-encoding" not in tile.headers
    packed = server.client.get("/tile/entries/000.p/1")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == tile.content
    checkpoint = server.client.get("/checkpoint")
    assert checkpoint.headers["cache-control"] == "no-cache"
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"


def test_nothing_is_served_beyond_the_checkpoint(server: Running) -> None:
    server.deposit(server.signed(fact("a", b"a")), params={"wait": "seal"})
    server.deposit(server.signed(fact("b", b"b")))
    assert server.client.get("/tile/0/000.p/1").status_code == 200
    assert server.client.get("/tile/0/000.p/2").status_code == 404
    assert server.client.get("/tile/entries/000.p/2").status_code == 404
