"""The script's SHA-256 (FIPS 180-4), run by Node."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from evidence_ledger_server.pages.assets import SCRIPT

NODE = shutil.which("node")
SIZES = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, 70_000]
PIECES = [1, 13, 64, 1000, 1 << 20]
PROGRAM = """
import { Sha256 } from "./check.mjs";
const [sizes, pieces] = JSON.parse(process.argv[2]);
const told = sizes.map((size) => pieces.map((piece) => {
  const data = new Uint8Array(size).map((_, at) => at * 7 + size);
  const hash = new Sha256();
  for (let at = 0; at < size; at += piece) hash.update(data.subarray(at, at + piece));
  return hash.hex();
}));
console.log(JSON.stringify(told));
"""


@pytest.mark.skipif(NODE is None, reason="there is no node here")
def test_it_hashes_as_others_do_however_the_bytes_come(tmp_path: Path) -> None:
    (tmp_path / "check.mjs").write_bytes(SCRIPT.data)
    (tmp_path / "run.mjs").write_text(PROGRAM)
    command = [str(NODE), "run.mjs", json.dumps([SIZES, PIECES])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True)
    for size, told in zip(SIZES, json.loads(done.stdout), strict=True):
        data = bytes((at * 7 + size) % 256 for at in range(size))
        assert set(told) == {hashlib.sha256(data).hexdigest()}, size


def test_the_script_asks_nobody_and_keeps_nothing() -> None:
    text = SCRIPT.data.decode()
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "localStorage", "cookie"):
        assert word not in text
    for word in ("innerHTML", "eval(", "document.write", "http"):
        assert word not in text
