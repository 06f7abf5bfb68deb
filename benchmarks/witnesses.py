"""How long a seal with 8 witnesses takes, against one request to the slowest that is needed.

    python -m benchmarks.witnesses [ROUNDS]

Witnesses in a process of their own answer over HTTP on loopback, each after a time of its own: 20,
40, … 160 ms. The quorum is ``needed`` of them. ``seal`` is the whole of it, and ``alone`` the same
without witnesses; ``slowest`` is one request to the slowest witness that the quorum needs. A ratio
near 1 says that nobody else is waited for. Medians.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from evidence_ledger.adapters.witnesses.http import HttpWitness
from evidence_ledger.core.quorum import Quorum
from evidence_ledger.sealing.cosigning import CosigningRules
from tests.fakes import FakeClock
from tests.small_log import TestKey, make_key
from tests.witness_server import WitnessServer
from tests.workbench import Workbench, note_signers

COUNT = 8
STEP = 0.02
ROUNDS = 15


def serve(pipe: Connection) -> None:
    """Eight witnesses; their addresses go into ``pipe``, and whatever comes out of it ends them."""
    clock, logs = FakeClock(), [one.vkey for one in note_signers()]
    with ExitStack() as stack:
        addresses = []
        for number in range(COUNT):
            server = WitnessServer(f"w{number}", clock, logs, [witness_key(number)])
            stack.enter_context(server)
            paused(server, STEP * (number + 1))
            addresses.append(server.url)
        pipe.send(addresses)
        pipe.recv()


def witness_key(number: int) -> TestKey:
    return make_key(f"w{number}.example")


def paused(server: WitnessServer, seconds: float) -> None:
    """Let it answer so long after a request has come, however long the answer takes to make."""
    inner = server.answer

    def answer(body: bytes) -> tuple[int, str, bytes]:
        end = time.monotonic() + seconds
        found = inner(body)
        time.sleep(max(0.0, end - time.monotonic()))
        return found

    server.answer = answer  # type: ignore[method-assign]  # the benchmark's own slowness


def sealing(bench: Workbench, clients: Sequence[HttpWitness], needed: int) -> float:
    """Seconds for one seal over one new entry."""
    bench.witnesses = [*clients]
    bench.cosigning = CosigningRules(Quorum(witnesses=needed))
    ledger = bench.reopened()
    bench.deposit()
    start = time.perf_counter()
    result = ledger.seal()
    took = time.perf_counter() - start
    assert result.seal is not None
    assert result.unwitnessed == ()
    assert len({one.witness for one in result.seal.cosignatures}) >= (needed if clients else 0)
    time.sleep(COUNT * STEP)  # the slower ones answer, so that the next seal meets none of them
    return took


def asking(bench: Workbench, client: HttpWitness) -> float:
    """Seconds for one request about the newest seal, which it has cosigned."""
    seal = bench.store.seal(-1)
    assert seal is not None
    start = time.perf_counter()
    client.add_checkpoint(seal.size, (), seal.checkpoint)
    return time.perf_counter() - start


@contextmanager
def served() -> Iterator[list[str]]:
    """The addresses of witnesses in another process, which ends at the end."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bench = Workbench(Path(folder))
        stack.enter_context(closing(bench.store))
        clients = [
            HttpWitness(f"w{number}", url, [witness_key(number).verifier.encode()])
            for number, url in enumerate(stack.enter_context(served()))
        ]
        for client in clients:
            stack.enter_context(closing(client))
        sealing(bench, clients, COUNT)
        alone = statistics.median(sealing(bench, [], 0) for _ in range(rounds))
        print(f"alone   {alone * 1e3:7.1f} ms")
        for needed in (2, 5, 8):
            slowest: list[float] = []
            seals: list[float] = []
            for _ in range(rounds):
                seals.append(sealing(bench, clients, needed))
                slowest.append(asking(bench, clients[needed - 1]))
            seal, one = statistics.median(seals), statistics.median(slowest)
            print(
                f"needed {needed}  seal {seal * 1e3:7.1f} ms   slowest {one * 1e3:7.1f} ms   "
                f"ratio {seal / one:5.2f}, less the seal alone {(seal - alone) / one:5.2f}"
            )


if __name__ == "__main__":
    main()
