"""The page about access: its program reads claims, its codes and roles are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from evidence_ledger.core.role import Role, may_hand_in
from evidence_ledger.core.statement import KINDS
from tests.conftest import ROOT
from tests.server.conftest import server
from tests.server.running import Running
from tests.workbench import fact

__all__ = ["server"]

PAGE = (ROOT / "docs" / "access.md").read_text()


def test_the_program_on_the_page_reads_claims(server: Running, tmp_path: Path) -> None:
    server.deposit(server.signed(fact("lease.txt", b"the lease"))).raise_for_status()
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "read.py"
    path.write_text(program)
    url, key = f"{server.url}/v1/deposits/0/claims", server.home.depositor
    command = [sys.executable, str(path), url, str(key)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "lease.txt" in done.stdout


def test_every_code_on_the_page_is_one_of_the_program() -> None:
    folders = (ROOT / "evidence_ledger", ROOT / "server")
    source = "".join(path.read_text() for one in folders for path in sorted(one.rglob("*.py")))
    areas = "access|register|grant|claims|http-signature|field"
    codes = set(re.findall(rf"`((?:{areas})\.[a-z-]+)`", PAGE))
    assert len(codes) >= 8
    assert not {code for code in codes if f'"{code}"' not in source}


def test_the_table_of_kinds_is_that_of_the_code() -> None:
    page = (ROOT / "docs" / "format" / "administration.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \|$", page, re.MULTILINE))
    several = {"rotation", "grant", "administration", "roll"}
    assert set(rows) == KINDS - several
    for kind, roles in rows.items():
        assert {role for role in Role if may_hand_in(kind, {role})} == set(roles.split(", "))
