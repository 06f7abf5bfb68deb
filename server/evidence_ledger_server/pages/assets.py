"""The style sheet and the script: files beside this one, named by what is in them."""

from __future__ import annotations

import hashlib
from importlib.resources import files


class Asset:
    """``address`` changes with the contents, so that browsers may keep them for ever."""

    def __init__(self, name: str, media_type: str) -> None:
        self.data = files(__package__).joinpath(name).read_bytes()
        self.media_type = media_type
        self.tag = hashlib.sha256(self.data).hexdigest()[:16]
        self.address = f"{name}?{self.tag}"


STYLE = Asset("check.css", "text/css; charset=utf-8")
SCRIPT = Asset("check.js", "text/javascript; charset=utf-8")
