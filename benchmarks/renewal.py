"""How long the renewal of 10,000 seals takes, and the evidence records of a large seal.

    python -m benchmarks.renewal [SEALS] [FILES]

Every seal has one token of an authority with a P-256 key, which the renewal verifies before it
relies on it. ``timestamps`` are found due, renewed together and named in the chain; ``hash trees``
are renewed with SHA-512 over each seal's three objects. The authority's own answer is part of both.
``audit`` is the audit's step over both renewals. ``records`` are written for each file of one seal.
The targets are 10 s for 10,000 seals, and 2 s for 100,000 files.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.made_ledger import admission, extensions
from evidence_ledger.auditing.renewals import RenewalAudit
from evidence_ledger.core import evidence_record
from evidence_ledger.core.record_tree import RecordTree, blinded
from evidence_ledger.core.timestamp_token import read_token
from evidence_ledger.renewing.plan import Wish
from evidence_ledger.renewing.strand import strands
from evidence_ledger.stored import StoredSeal, StoredToken
from tests.workbench import Workbench


def main() -> None:
    seals = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(Path(folder))
        del bench.authorities[1:]
        with closing(bench.store):
            make(bench, seals)
            renewer = bench.renewer()
            say("timestamps", seals, lambda: renewer.renew(Wish()).strands)
            say("hash trees", seals, lambda: renewer.renew(Wish(digest="sha512")).strands)
            say("audit", seals, lambda: audited(bench) and seals)
            if {one.renewal for one in strands(bench.store)} != {1}:
                raise SystemExit("Not everything was renewed.")
        say("records", files, lambda: records(bench, files))


def say(name: str, count: int, work: Callable[[], int]) -> None:
    start = time.perf_counter()
    if work() != count:
        raise SystemExit(f"{name}: not all of {count}.")
    took = time.perf_counter() - start
    print(f"{name:12} {count:9,} {took:8.2f} s {took / count * 1e6:8.0f} µs each")


def make(bench: Workbench, seals: int) -> None:
    """Seals of one entry each."""
    number = 0
    for head, step in extensions(seals, 1000, make=admission):
        bench.store.append(head, step)
        for one in step.entries:
            documents = [
                hashlib.sha256(part).digest()
                for part in (
                    one.admission.statement,
                    one.admission.signature,
                )
            ]
            add_seal(bench, number, documents)
            number += 1


def add_seal(bench: Workbench, number: int, documents: list[bytes]) -> None:
    checkpoint = b"checkpoint %d" % number
    leaves = [hashlib.sha256(checkpoint).digest(), *documents]
    root = RecordTree(leaves).root
    tokens = (stamped(bench, root),)
    shape = (number, number, number + 1, root, checkpoint, b"".join(leaves), (1,))
    bench.store.add_seal(StoredSeal(*shape, tokens, number))


def stamped(bench: Workbench, imprint: bytes) -> StoredToken:
    authority = bench.authorities[0]
    response = authority.ask(imprint, 1)
    return StoredToken(authority.name, True, response, read_token(response).raw)


def audited(bench: Workbench) -> bool:
    """The audit's step over both renewals."""
    roots = {one.name: one.roots for one in bench.authorities}
    work = RenewalAudit(bench.store, roots, bench.clock.now())
    work.walk()
    return bool(work.check())


def records(bench: Workbench, files: int) -> int:
    """The tree of one seal, and a record for each of its files."""
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(files)]
    salt = bytes(32)
    tree = RecordTree([blinded(digest, salt) for digest in digests])
    token = stamped(bench, tree.root).token
    count = 0
    for place, digest in enumerate(digests):
        count += bool(evidence_record.initial_record(tree.file_path(place, digest, salt), token))
    return count


if __name__ == "__main__":
    main()
