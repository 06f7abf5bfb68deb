"""A process that checks what is handed in: bodies in, admissions out, until its socket ends.

The check of a signature is arithmetic. Done in the process that serves, it would hold up every
other request.
"""

from __future__ import annotations

import logging.config
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple, cast

from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Admission
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.deposit_form import parse_form
from evidence_ledger_server.log_lines import LOGGING
from evidence_ledger_server.problem import Problem, mistake

LENGTH = struct.Struct(">Q")
logger = logging.getLogger("evidence.checker")


class Checked(NamedTuple):
    """The deposits of one body: what may be appended, or why not. ``is_batch``: they are a list."""

    is_batch: bool
    deposits: Sequence[Admission | EvidenceError]


def check(body: bytes, origin: str) -> Checked | Problem:
    """What a body hands in to the ledger ``origin``. A Problem where it is no deposit at all."""
    try:
        form = parse_form(body)
        return Checked(form.is_batch, [_admitted(one, origin) for one in form.deposits])
    except Problem as problem:
        return problem
    except Exception:
        logger.exception("a mistake of ours")
        return mistake()


def _admitted(signed: SignedStatement, origin: str) -> Admission | EvidenceError:
    try:
        return admit(signed, origin)
    except EvidenceError as error:
        return error


def framed(value: object) -> bytes:
    """``value`` as it goes over the socket."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def unframed(data: bytes) -> object:
    """What was sent, without its length."""
    return pickle.loads(data)  # noqa: S301 both ends of the socket are this program


def serve(stream: BinaryIO) -> None:
    """Answer requests ``(origin, bodies)`` until the other end is gone."""
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        asked = unframed(stream.read(*LENGTH.unpack(head)))
        origin, bodies = cast("tuple[str, Sequence[bytes]]", asked)
        stream.write(framed([check(body, origin) for body in bodies]))
        stream.flush()


def main() -> None:
    """Serve the socket whose descriptor is the first argument. Its owner says when to stop."""
    logging.config.dictConfig(dict(LOGGING))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as own, own.makefile("rwb") as stream:
        serve(cast("BinaryIO", stream))
