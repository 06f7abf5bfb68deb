"""The public interface is what it says, and checking loads no database and no server."""

from __future__ import annotations

import subprocess
import sys

import pytest

import evidence_ledger

HEAVY = ("sqlalchemy", "alembic", "fastapi", "httpx", "rfc3161ng", "reportlab", "click")


def test_everything_exported_exists() -> None:
    assert sorted(evidence_ledger._HOMES) == evidence_ledger.__all__
    for name in evidence_ledger.__all__:
        assert getattr(evidence_ledger, name).__name__ == name


def test_there_is_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        getattr(evidence_ledger, "no_such_thing")  # noqa: B009 a name that mypy would refuse


def test_the_verifier_loads_no_database_and_no_server() -> None:
    code = (
        "import sys, evidence_ledger; evidence_ledger.verify_certificate;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
