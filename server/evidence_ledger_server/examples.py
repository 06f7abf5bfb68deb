"""The examples in ``/openapi.json``. They are true: made by a real ledger, and run by a test.

Rebuilt by ``python -m tests.server.examples``.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_HELD: dict[str, Any] = json.loads(files(__package__).joinpath("examples.json").read_text("utf-8"))

DEPOSIT = _HELD["deposit"]
DEPOSITED = _HELD["deposited"]
ENTRY = _HELD["entry"]
FOUND = _HELD["found"]
CLAIMS = _HELD["claims"]
REGISTER = _HELD["register"]
LEDGER = _HELD["ledger"]
REPORT = _HELD["report"]
CERTIFIED = _HELD["certified"]
COMPLETE = _HELD["complete"]
ACCUSED = _HELD["accused"]
SIGNERS = _HELD["signers"]
