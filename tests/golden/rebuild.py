"""Writes the golden vectors anew: ``python -m tests.golden.rebuild``."""

from __future__ import annotations

from tests.golden.vectors import FOLDER, built

if __name__ == "__main__":
    for name, data in built().items():
        (FOLDER / name).write_bytes(data)
