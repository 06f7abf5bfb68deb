"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from evidence_ledger.adapters.database import PostgresqlDatabase
from tests import postgresql
from tests.scratch import scratch_folder
from tests.workbench import Workbench

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch_folder()))
settings.register_profile(
    "quick", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of other people's cases, beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus folder is not beside this checkout")
    return CORPUS


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """An empty ledger."""
    made = Workbench(tmp_path)
    yield made
    made.store.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL server of this session's own, started when the first test asks for it."""
    with closing(postgresql.start_server()) as server:
        yield server


@pytest.fixture
def empty_database(postgresql_server: postgresql.Server) -> Iterator[PostgresqlDatabase]:
    """A database of PostgreSQL without any table."""
    with postgresql_server.lend() as database:
        yield database


@pytest.fixture
def ledger_database(postgresql_server: postgresql.Server) -> Iterator[PostgresqlDatabase]:
    """A database of PostgreSQL with an empty ledger."""
    with postgresql_server.lend() as database:
        postgresql_server.fill(database)
        yield database
