"""What a running server logs: JSON lines that name no address, path, person or fingerprint."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from evidence_ledger.adapters.home import Home
from evidence_ledger.assembly import create_ledger
from evidence_ledger_server.log_lines import JsonLines
from tests.server.running import ORIGIN
from tests.server.test_kill import free_port


def test_a_fingerprint_that_is_asked_for_is_in_no_log_line(tmp_path: Path) -> None:
    home, port = tmp_path / "ledger", free_port()
    create_ledger(Home(home), origin=ORIGIN)
    code = "from evidence_ledger_server.program import main; main()"
    command = [sys.executable, "-c", code, "run", "--home", str(home), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        lines: list[bytes] = []
        assert process.stderr is not None
        reader = threading.Thread(target=lines.extend, args=(process.stderr,))
        reader.start()
        digest = "ab" * 32
        asked(f"http://127.0.0.1:{port}/v1/fingerprints/sha256/{digest}")
        process.terminate()
        reader.join(60)
    told = [json.loads(line) for line in lines]
    served = [one for one in told if one["says"] == "served"]
    assert [one["route"] for one in served] == ["/v1/fingerprints/{algorithm}/{digest}"]
    assert [one["status"] for one in served] == [404]
    text = b"".join(lines).decode()
    assert digest not in text
    assert "GET /v1" not in text
    assert "uvicorn.access" not in text


def asked(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def test_a_mistake_is_logged_with_its_traceback() -> None:
    try:
        raise ValueError("inside")
    except ValueError:
        record = logging.getLogger("evidence").makeRecord(
            "evidence",
            logging.ERROR,
            "",
            1,
            "a mistake",
            (),
            sys.exc_info(),
            extra={"told": {"request": "7"}},
        )
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["says"], line["request"]) == ("error", "a mistake", "7")
    assert "ValueError: inside" in line["traceback"]
