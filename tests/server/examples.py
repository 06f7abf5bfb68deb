"""Writes the examples of ``/openapi.json`` from a real ledger: ``python -m tests.server.examples``.

The test compares the shape of every answer, and what does not depend on keys and clocks.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from evidence_ledger.assembly import open_ledger
from evidence_ledger.core.matter import keys_of
from tests.golden.vectors import FOLDER
from tests.server.running import Running, form, read
from tests.workbench import fact, written

TARGET = Path(__file__).parents[2] / "server" / "evidence_ledger_server" / "examples.json"
LEASE = b"the lease"
MATTER = sha256(b"the matter").digest()
ACCUSATION = FOLDER / "node.misbehaviour"
VKEY = (FOLDER / "misbehaviour.vkey").read_text().strip()


def ask(server: Running, body: dict[str, Any]) -> dict[str, Any]:
    """Every example's answer, asked in order with a deposit that was signed for this server."""
    client = server.client
    ledger = client.get("/v1/ledger").json()
    deposited = client.post("/v1/deposits", params={"wait": "seal"}, json=body).json()
    digest = fact("x", LEASE).fingerprint.sha256.hex()
    found = client.get(f"/v1/fingerprints/sha256/{digest}").json()
    report = client.post("/v1/verify", files=[("digest", (None, f"sha256:{digest}"))])
    entry = client.get("/v1/deposits/0").json()
    signers = client.get("/v1/signers").json()
    certified = judged(server, client.get("/v1/deposits/0/certificate").content)
    return {
        "deposit": body,
        "deposited": deposited,
        "entry": entry,
        "found": found,
        "claims": read(server, "/v1/deposits/0/claims", server.depositor),
        "ledger": ledger,
        "register": read(server, "/v1/register", server.operator),
        "report": report.json(),
        "certified": certified,
        "complete": judged(server, complete(server)),
        "accused": judged(server, ACCUSATION.read_bytes(), ("vkey", (None, VKEY))),
        "signers": signers,
    }


def judged(server: Running, data: bytes, *parts: tuple[str, tuple[None, str]]) -> dict[str, Any]:
    """What the check of a file says."""
    sent: list[tuple[str, tuple[None, str | bytes]]]
    sent = [*parts, ("certificate", (None, data))]
    answer = server.client.post("/v1/verify", files=sent)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def complete(server: Running) -> bytes:
    """The completeness certificate of a matter that has one entry."""
    keys = keys_of(MATTER, server.context().ledger)
    context = replace(server.context(), opening=keys.openings[0])
    signed = server.author.deposit([fact("lease.txt", LEASE, sm3=False)], [], context)
    server.deposit(signed, params={"wait": "seal"}).raise_for_status()
    place = open_ledger(server.home, read_only=True)
    try:
        return written(place.completer().complete(keys).parts)
    finally:
        place.close()


def main() -> None:
    """Write the file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Running(Path(folder) / "ledger", seal_every=3600.0) as server,
    ):
        signed = server.signed(fact("lease.txt", LEASE, sm3=False), case="1 O 17/26")
        made = ask(server, form(signed))
    TARGET.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
