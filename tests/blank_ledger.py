"""An empty ledger, made once by each process of tests and copied: what most tests start from.

Copies have the same keys, and the same name unless another is given.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.sql.opening import create_store, open_store
from evidence_ledger.adapters.sql.store import SqlStore
from evidence_ledger.assembly import create_ledger
from tests.scratch import scratch_folder


def blank_store(path: Path) -> SqlStore:
    """An empty ledger's rows in a new file."""
    assert not path.exists()
    shutil.copy(_database(), path)
    return open_store(path)


def blank_home(home: Home, origin: str | None = None) -> None:
    """The folder of a ledger as ``evidence init`` makes it."""
    shutil.copytree(_home(origin).folder, home.folder, dirs_exist_ok=True)


@cache
def _database() -> Path:
    path = _folder() / "ledger.sqlite"
    create_store(path).close()
    return path


@cache
def _home(origin: str | None) -> Home:
    home = Home(_folder())
    create_ledger(home, origin=origin)
    return home


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="blank-ledger-", dir=scratch_folder()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
