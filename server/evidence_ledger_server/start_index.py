"""``?from=INDEX``: the first entry that is asked for."""

from __future__ import annotations

import re

from fastapi import Request

from evidence_ledger_server.problem import Problem

_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def start_index(request: Request) -> int:
    """Its value, 0 where it is not given. Raises Problem."""
    given = request.query_params.getlist("from")
    if not given:
        return 0
    if len(given) > 1 or not _INDEX.fullmatch(given[0]):
        raise Problem(400, "http.query", "from=INDEX names one entry, in decimal.")
    return int(given[0])
