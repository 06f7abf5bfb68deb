"""What every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

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
