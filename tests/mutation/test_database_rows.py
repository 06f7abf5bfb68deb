"""Every row and column of a ledger's database changed in turn: the audit never PASSES it.

The triggers and the schema's constraints are taken away first: they are a fence, not the proof.
Changes that the database itself still refuses (its keys) need no audit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from evidence_ledger import assembly, desk
from evidence_ledger.adapters.clock import SystemClock
from evidence_ledger.adapters.files.hashing import hash_files
from evidence_ledger.adapters.home import Home
from evidence_ledger.adapters.keys.note_signer import open_note_signer
from evidence_ledger.adapters.sql.schema import metadata
from evidence_ledger.adapters.witnesses.witness_list import WitnessEntry, WitnessList
from evidence_ledger.author import Context
from evidence_ledger.core.administration import Enrol, Settings
from evidence_ledger.core.grant import Grant
from evidence_ledger.core.report import Report, Verdict
from evidence_ledger.core.role import Role
from evidence_ledger.core.statement import Reference
from evidence_ledger.errors import EvidenceError
from evidence_ledger.renewing.plan import Wish
from tests import sealed_ledger
from tests.fake_witness import FakeWitness
from tests.mutation.damage import Damage, damages, unfenced
from tests.sealed_ledger import SealedLedger

IRRELEVANT = {
    ("head", "id"): "the number of the only row: that there is one is checked, nobody asks for it",
    ("seals", "entry"): "of the newest seal, when gone: what an interruption leaves; the next seal "
    "finds the entry again",
    ("renewals", "entry"): "of the newest renewal, likewise",
    ("renewals", "begun"): "when the ledger's clock says that it began: no proof has it",
}

ERASED = {
    "direct_tokens": "timestamps over files may be erased with the claims of those",
    "renewed_direct": "what was renewed of them looks, when it is gone, as if it had never been",
}
LEANED_ON_BY_NOTHING = {
    "seal_supplements": "which X.509 certificates and revocation data were kept beside a seal: "
    "each proves itself, or nothing, whichever seal it is found by",
    "renewal_supplements": "the same beside a renewal",
}
BESIDE = {
    "direct_tokens",
    "renewals",
    "renewed_strands",
    "renewed_groups",
    "renewed_direct",
    "renewal_supplements",
    "renewal_tokens",
    "cosignatures",
    "marks",
    "special_entries",
    "orders",
}
"""What a ledger without renewals, witnesses, matters, acts of administration and timestamps over
files themselves has not."""


@dataclass(frozen=True, slots=True)
class Victim:
    """A ledger without fences, its database's bytes, and all that can be done to it."""

    ledger: SealedLedger
    content: bytes
    damages: list[Damage]
    facts: Mapping[str, object]

    def restore(self) -> Path:
        database = self.ledger.home.database
        for side in database.parent.glob(f"{database.name}-*"):
            side.unlink()
        database.write_bytes(self.content)
        return database

    def suffer(self, damage: Damage) -> bool:
        """False where the database itself refuses the change."""
        with closing(sqlite3.connect(self.restore(), isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            try:
                damage.change(connection)
            except sqlite3.IntegrityError:
                return False
        return True

    def audit(self) -> Report | None:
        """None where the ledger can't even be opened."""
        try:
            return sealed_ledger.audit(self.ledger)
        except EvidenceError:
            return None


def victim(ledger: SealedLedger) -> Victim:
    with unfenced(ledger.home.database) as connection:
        found = list(damages(connection))
    report = sealed_ledger.audit(ledger)
    assert report.verdict is Verdict.PASSED, [step for step in report.steps if step.reason]
    return Victim(ledger, ledger.home.database.read_bytes(), found, report.facts)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """Two sealed deposits, and one that is not sealed yet."""
    ledger = sealed_ledger.make(tmp_path_factory.mktemp("small"))
    sealed_ledger.deposit(ledger, {"a.txt": "a", "b.txt": "b"})
    sealed_ledger.deposit(ledger, {"c.txt": "c"})
    sealed_ledger.deposit(ledger, {"d.txt": "d"}, seal=False)
    return victim(ledger)


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """Entries enough for a full tile and some more."""
    ledger = sealed_ledger.make(tmp_path_factory.mktemp("tiled"))
    place = assembly.open_ledger(ledger.home)
    author = assembly.open_depositor(ledger.home)
    context = Context(place.ledger.origin, place.ledger.point())
    (ledger.files / "a.txt").write_text("a")
    facts = desk.facts_of(list(hash_files([str(ledger.files / "a.txt")])))
    place.ledger.deposit([author.deposit(facts, [], context) for _ in range(258)])
    place.ledger.seal()
    place.close()
    return victim(ledger)


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """Two seals, cosigned late, and renewed three times: timestamps, hash trees, and timestamps
    over those."""
    ledger = sealed_ledger.make(tmp_path_factory.mktemp("renewed"))
    sealed_ledger.deposit(ledger, {"a.txt": "a"}, direct=True)
    sealed_ledger.deposit(ledger, {"b.txt": "b"}, matter="1 O 2/26")
    cosign(ledger.home)
    place = assembly.open_ledger(ledger.home)
    for digest, count in ((None, 3), ("sha512", 2), (None, 3)):
        assert place.renewer().renew(Wish(digest=digest)).strands == count
    place.close()
    register(ledger.home)
    return victim(ledger)


def register(home: Home) -> None:
    """Enrol the depositor and a court, close the ledger; then a grant and an order."""
    place, author = assembly.open_ledger(home), assembly.open_depositor(home)
    ledger, operator = place.ledger, place.operator
    context = Context(ledger.origin, ledger.point())
    (leaf,) = ledger.store.leaf_hashes(0, 1)
    about = replace(context, refs=(Reference(0, leaf),))
    roles = frozenset({Role.DEPOSITOR, Role.COURT})
    for signed in (
        operator.administration(Enrol(author.fingerprint, roles), context),
        operator.administration(Settings(True), context),
        author.grant(Grant(bytes(32), (0,)), about),
        author.order(about),
    ):
        ledger.deposit([signed])
    place.close()


def cosign(home: Home) -> None:
    """Let a witness cosign all seals, which is not asked any more afterwards."""
    keys = [open_note_signer(path).vkey for path in (home.log_key, home.log_cosigner)]
    witness = FakeWitness("court", SystemClock(), logs=keys)
    since = SystemClock().now().replace(microsecond=0)
    entry = WitnessEntry("court", "https://court.example/", witness.vkeys, since, retired=True)
    WitnessList((entry,)).save(home.witnesses)
    place = assembly.open_ledger(home, witnesses=[witness])
    assert len(place.ledger.complete()) == 2
    place.close()


def test_lost_claims_of_an_entry_without_files_are_counted(tmp_path: Path) -> None:
    """They look like those of a private deposit, whose claims its depositor keeps."""
    ledger = sealed_ledger.make(tmp_path)
    place = assembly.open_ledger(ledger.home)
    context = Context(place.ledger.origin, place.ledger.point())
    author = assembly.open_depositor(ledger.home)
    place.ledger.deposit([author.deposit([], [sealed_ledger.CASE], context)])
    place.close()
    assert sealed_ledger.audit(ledger).facts["claims_elsewhere"] == 0
    change(ledger.home, "DROP TRIGGER claims_unasked_delete", "DELETE FROM claims")
    assert sealed_ledger.audit(ledger).facts["claims_elsewhere"] == 1


def check(victim: Victim, damage: Damage) -> None:
    if not victim.suffer(damage):
        return
    report = victim.audit()
    if report is not None and report.verdict is Verdict.PASSED:
        is_listed = (damage.table, damage.column) in IRRELEVANT
        is_listed |= damage.kind == "gone" and damage.table in ERASED
        assert is_listed or damage.table in LEANED_ON_BY_NOTHING, f"{damage} went unnoticed"
        assert report.facts == victim.facts, f"{damage} changed a fact"


def one_of_each(found: list[Damage]) -> Iterator[Damage]:
    """Each kind of change of each column, on a row that is another one from kind to kind."""
    kinds: dict[tuple[str, str, str], list[Damage]] = {}
    for damage in found:
        kinds.setdefault((damage.table, damage.column, damage.kind), []).append(damage)
    for turn, same in enumerate(kinds.values()):
        yield same[turn % len(same)]


def test_all_tables_are_damaged(small: Victim, tiled: Victim, renewed: Victim) -> None:
    reached = {damage.table for damage in (*small.damages, *tiled.damages)}
    assert reached == {*metadata.tables, "alembic_version"} - BESIDE
    assert {damage.table for damage in renewed.damages} >= BESIDE


def test_each_kind_of_change_of_each_column_is_noticed(small: Victim) -> None:
    for damage in one_of_each(small.damages):
        check(small, damage)


def test_each_kind_of_change_of_what_stands_beside_is_noticed(renewed: Victim) -> None:
    for damage in one_of_each([one for one in renewed.damages if one.table in BESIDE]):
        check(renewed, damage)


@pytest.mark.long
def test_every_change_of_what_stands_beside_is_noticed(renewed: Victim) -> None:
    for damage in renewed.damages:
        if damage.table in BESIDE:
            check(renewed, damage)


@pytest.mark.long
def test_every_change_of_every_row_is_noticed(small: Victim) -> None:
    for damage in small.damages:
        check(small, damage)


def test_every_change_of_a_tile_is_noticed(tiled: Victim) -> None:
    found = [damage for damage in tiled.damages if damage.table == "tiles"]
    assert len(found) > 20
    for damage in found:
        check(tiled, damage)


@pytest.mark.long
def test_changes_around_a_tile_are_noticed(tiled: Victim) -> None:
    for damage in tiled.damages[::11]:
        check(tiled, damage)


def test_a_seal_that_forgot_its_entry_finds_it_again(small: Victim) -> None:
    """The proof of what is said of ("seals", "entry"): no second entry, and the mark is back."""
    small.restore()
    home = small.ledger.home
    change(home, "UPDATE seals SET entry = NULL WHERE number = 1")
    place = assembly.open_ledger(home)
    before = place.ledger.store.head().size
    place.ledger.seal()
    found, size = place.ledger.store.seal(1), place.ledger.store.head().size
    place.close()
    assert found is not None
    assert found.entry == 3
    assert size == before + 1, "one entry for the seal over the last deposit, none for seal 1"
    assert sealed_ledger.audit(small.ledger).verdict is Verdict.PASSED


def change(home: Home, *statements: str) -> None:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as connection:
        for one in statements:
            connection.execute(one)


def reasons(report: Report | None) -> set[str | None]:
    assert report is not None
    return {step.reason for step in report.steps}


def assert_called(victim: Victim, reason: str, statements: str) -> None:
    victim.restore()
    change(victim.ledger.home, *statements.split("; "))
    report = victim.audit()
    assert reason in reasons(report)
    assert report is not None
    assert report.verdict is not Verdict.PASSED


@pytest.mark.parametrize(
    ("reason", "statement"),
    [
        ("audit.claim-gone", "UPDATE claims SET position = 7 WHERE entry = 4 AND position = 1"),
        ("audit.documents-gone", "UPDATE documents SET signature = NULL WHERE entry = 0"),
        ("audit.documents-gone", "DELETE FROM documents WHERE entry = 0"),
        (
            "audit.seal-gap",
            "UPDATE seals SET number = 9 WHERE number = 1; "
            "UPDATE tokens SET seal = 9 WHERE seal = 1; "
            "UPDATE seal_groups SET seal = 9 WHERE seal = 1; "
            "UPDATE seal_supplements SET seal = 9 WHERE seal = 1",
        ),
        ("audit.seal-open", "UPDATE seals SET entry = NULL WHERE number = 0"),
        ("audit.head-beyond", "UPDATE head SET size = 1099511627776"),
        ("audit.corrupt", "UPDATE tokens SET position = 1 WHERE seal = 0"),
        ("chain.unknown-root", "UPDATE tokens SET authority = 'another' WHERE seal = 0"),
        (
            "audit.token-twice",
            "INSERT INTO tokens SELECT seal, 1, authority, independent, response, token "
            "FROM tokens WHERE seal = 0",
        ),
        (
            "audit.false-fingerprint",
            "INSERT INTO fingerprints VALUES (zeroblob(32), 'sha256', 0, 0)",
        ),
    ],
)
def test_a_defect_is_called_by_its_name(small: Victim, reason: str, statement: str) -> None:
    assert_called(small, reason, statement)


@pytest.mark.parametrize(
    ("reason", "statement"),
    [
        ("audit.renewal-rest", "DELETE FROM renewed_strands WHERE renewal = 2 AND seal = 0"),
        (
            "audit.renewal",
            "DELETE FROM renewed_strands WHERE renewal = 1 AND seal = 0; "
            "DELETE FROM renewed_groups WHERE renewal = 1 AND seal = 0",
        ),
        ("audit.token", "UPDATE renewal_tokens SET independent = 1 WHERE renewal = 0"),
        ("audit.lost-cosignature", "DELETE FROM cosignatures WHERE position = 1"),
        ("audit.corrupt", "DELETE FROM cosignatures WHERE position = 0"),
        ("audit.unknown-witness", "UPDATE cosignatures SET witness = 'bar'"),
        ("audit.special", "DELETE FROM special_entries WHERE kind = 'grant'"),
        ("audit.special", "UPDATE special_entries SET about = 1 WHERE kind = 'grant'"),
        ("audit.stray-row", "UPDATE special_entries SET about = 1 WHERE kind = 'order'"),
        ("audit.special", "DELETE FROM orders"),
        ("audit.special", "UPDATE orders SET signer = zeroblob(32)"),
        ("audit.stray-row", "INSERT INTO orders SELECT about + 1, signer, entry FROM orders"),
        ("audit.stray-row", "INSERT INTO special_entries VALUES (999, 0, 'administration', NULL)"),
        (
            "audit.stray-row",
            "INSERT INTO cosignatures SELECT 9, position, witness, key, line "
            "FROM cosignatures WHERE seal = 0",
        ),
        (
            "audit.stray-row",
            "INSERT INTO renewal_tokens SELECT 9, 0, authority, independent, response, token "
            "FROM renewal_tokens WHERE renewal = 0",
        ),
        (
            "audit.stray-row",
            "INSERT INTO renewed_groups SELECT renewal, seal, 9, level, number, data "
            "FROM renewed_groups",
        ),
        ("audit.renewal-tree", "DELETE FROM renewed_groups WHERE level = 0"),
        ("audit.renewal-tree", "UPDATE renewed_groups SET number = 7 WHERE level = -1"),
        (
            "audit.stray-row",
            "INSERT INTO renewed_strands SELECT 9, seal, position, leaf, objects, hashes "
            "FROM renewed_strands WHERE renewal = 2",
        ),
    ],
)
def test_a_defect_of_renewals_is_called_by_its_name(
    renewed: Victim, reason: str, statement: str
) -> None:
    assert_called(renewed, reason, statement)


def test_a_newest_seal_that_is_lost_is_noticed(small: Victim) -> None:
    """With its timestamps and its entry's mark: its entry is still in the chain."""
    small.restore()
    change(
        small.ledger.home,
        "DELETE FROM tokens WHERE seal = 1",
        "DELETE FROM seal_supplements WHERE seal = 1",
        "DELETE FROM seal_groups WHERE seal = 1",
        "DELETE FROM seals WHERE number = 1",
    )
    assert "audit.stray-seal" in reasons(small.audit())


def test_an_older_database_is_noticed(tmp_path: Path) -> None:
    """What was signed since is in the signer's memory."""
    ledger = sealed_ledger.make(tmp_path)
    sealed_ledger.deposit(ledger, {"a.txt": "a"})
    with unfenced(ledger.home.database):
        pass
    older = ledger.home.database.read_bytes()
    sealed_ledger.deposit(ledger, {"b.txt": "b"})
    Victim(ledger, older, [], {}).restore()
    report = sealed_ledger.audit(ledger)
    memory = next(one for one in report.steps if one.number == "7")
    assert (report.verdict, memory.reason) == (Verdict.INDETERMINATE, "audit.memory")
