"""A text as TOML writes it."""

from __future__ import annotations

import json


def toml_text(text: str) -> str:
    """``text`` as a basic string of TOML 1.0, quotes included: JSON's, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
