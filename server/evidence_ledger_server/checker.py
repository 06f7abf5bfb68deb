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
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import BinaryIO, NamedTuple, cast

from evidence_ledger.core.admission import SignedStatement, admit
from evidence_ledger.core.chain import Admission
from evidence_ledger.core.doorkeeper import Doorkeeper
from evidence_ledger.core.register import Register
from evidence_ledger.errors import EvidenceError
from evidence_ledger_server.deposit_form import parse_form
from evidence_ledger_server.log_lines import LOGGING
from evidence_ledger_server.problem import Problem, mistake

LENGTH = struct.Struct(">Q")
logger = logging.getLogger("evidence.checker")


class Rule(NamedTuple):
    """Who may hand in, as far as is known, and when: see ``core.doorkeeper``."""

    register: Register
    at: datetime


class Asked(NamedTuple):
    """A body, and which of its statements (SHA-256) are in the ledger already."""

    body: bytes
    known: Collection[bytes] = ()


class Batch(NamedTuple):
    """What a process is asked at once. ``register`` is None where it is the one sent before."""

    origin: str
    at: datetime | None
    asked: Sequence[Asked]
    register: Register | None = None


class Checked(NamedTuple):
    """The deposits of one body: what may be appended, or why not. ``is_batch``: they are a list.

    ``held`` has the SHA-256s of the statements that the register held back.
    """

    is_batch: bool
    deposits: Sequence[Admission | EvidenceError]
    held: Sequence[bytes] = ()


def check(asked: Asked, origin: str, rule: Rule | None = None) -> Checked | Problem:
    """What a body hands in to the ledger ``origin``. A Problem where it is no deposit at all."""
    try:
        form = parse_form(asked.body)
        keeper = Doorkeeper(*rule, asked.known) if rule else None
        found = [_admitted(one, origin, keeper) for one in form.deposits]
        return Checked(form.is_batch, found, keeper.held if keeper else ())
    except Problem as problem:
        return problem
    except Exception:
        logger.exception("a mistake of ours")
        return mistake()


def _admitted(
    signed: SignedStatement, origin: str, keeper: Doorkeeper | None
) -> Admission | EvidenceError:
    try:
        if keeper is None:
            return admit(signed, origin)
        admission = admit(signed, origin, let_in=keeper.let_in)
        keeper.note(admission)
        return admission
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
    """Answer batches until the other end is gone."""
    register: Register | None = None
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        batch = cast("Batch", unframed(stream.read(*LENGTH.unpack(head))))
        register = batch.register or register
        rule = Rule(register, batch.at) if register and batch.at else None
        stream.write(framed([check(one, batch.origin, rule) for one in batch.asked]))
        stream.flush()


def main() -> None:
    """Serve the socket whose descriptor is the first argument. Its owner says when to stop."""
    logging.config.dictConfig(dict(LOGGING))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as own, own.makefile("rwb") as stream:
        serve(cast("BinaryIO", stream))
