"""The subject of the check, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.subject import Subject


@pytest.fixture(scope="session")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    made = Subject(tmp_path_factory.mktemp("subject"))
    yield made
    made.bench.store.close()
