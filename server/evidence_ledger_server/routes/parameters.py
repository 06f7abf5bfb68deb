"""Parts of addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

Index = Annotated[int, Path(ge=0, lt=1 << 63)]
