"""Every row and column of a ledger's database changed in turn: the audit never PASSES it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path
from evidence_ledger.errors import EvidenceError
from tests import sealed_ledger
from tests.mutation.damage import damages, unfenced
import collections, tempfile, time

if __name__ == "__main__":
    d = Path(tempfile.mkdtemp())
    L = sealed_ledger.make(d)
    sealed_ledger.deposit(L, {"a.txt": "a", "b.txt": "b"})
    sealed_ledger.deposit(L, {"c.txt": "c"})
    db = L.home.database
    with unfenced(db) as c:
        alld = list(damages(c))
    base = db.read_bytes()
    print(len(alld), sealed_ledger.audit(L).verdict, [p.name for p in db.parent.iterdir()])
    res = collections.Counter()
    t = time.time()
    for one in alld:
        for p in db.parent.glob("ledger.sqlite?*"):
            p.unlink()
        db.write_bytes(base)
        conn = sqlite3.connect(db, isolation_level=None)
        conn.execute("PRAGMA ignore_check_constraints = ON")
        try:
            one.change(conn)
        except sqlite3.IntegrityError as e:
            res["impossible"] += 1
            print("impossible", one, e)
            continue
        finally:
            conn.close()
        try:
            r = sealed_ledger.audit(L)
        except EvidenceError as e:
            res[type(e).__name__] += 1
            continue
        except Exception as e:
            print("RAW", one, type(e), str(e)[:100])
            continue
        bad = [s for s in r.steps if s.verdict != "PASSED"]
        res[str(r.verdict)] += 1
        if not bad:
            print("PASSED", one)
        elif "-v" in sys.argv:
            print(one, bad[0].number, bad[0].reason)
    print(res, time.time() - t)
