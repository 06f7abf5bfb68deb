"""Auditing a whole tiled log: every entry, every tile, the root and its signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from evidence_ledger.core.checkpoint import Checkpoint
from evidence_ledger.core.counting import counted
from evidence_ledger.core.edge import Edge
from evidence_ledger.core.merkle import HASH_SIZE, leaf_hash
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import verify_note
from evidence_ledger.core.recipe import Recipe, Task
from evidence_ledger.core.report import Report
from evidence_ledger.core.tile import WIDTH, TilePath, level_paths, parse_bundle
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import FormatError, LogUnreachable, Refused, Undecided

MOST_PLACES = 10

_CHECKPOINT = Task(
    "1",
    "Read the checkpoint",
    "C2SP tlog-checkpoint",
    "The checkpoint says how many entries the log holds and what their common root is.",
)
_SIGNATURE = Task(
    "2",
    "Check the log's signature",
    "C2SP signed-note, Signatures",
    "The log signs its checkpoint. The key is the one that you gave.",
)
_ROOT = Task(
    "3",
    "Rebuild the root from the entries",
    "C2SP tlog-tiles, Log entries; RFC 9162, section 2.1.1",
    "All entries are read and hashed again. One changed bit gives another root.",
)
_TILES = Task(
    "4",
    "Compare every tile",
    "C2SP tlog-tiles, Merkle Tree",
    "Tiles are hashes that the log publishes to prove things quickly. Each must be the same, "
    "byte for byte, as the one rebuilt from the entries.",
)


class TileSource(Protocol):
    """Where a log's files are read. Both methods raise LogUnreachable and nothing else."""

    def checkpoint(self) -> bytes:
        """The bytes of ``/checkpoint``."""
        ...

    def tile(self, path: str) -> bytes:
        """The bytes of a resource like ``tile/0/x001/x234/067.p/8`` or ``tile/entries/000``."""
        ...


def audit_log(
    source: TileSource,
    keys: Sequence[VerifierKey],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Check all that a log publishes; ``keys`` are those of one log.

    1. Read the checkpoint.
    2. Check that one of ``keys``, named like the origin, has signed it.
    3. Read every entry bundle and rebuild the root.
    4. Compare every tile, full or partial, with the one rebuilt from the entries.

    Entries are streamed: memory does not grow with the log. ``progress`` is told the number of
    entries done and of all entries, after each bundle. Raises nothing of its own.
    """
    recipe = Recipe("log")
    read = recipe.step(_CHECKPOINT, lambda: _read(source))
    if read is None:
        return _without(recipe, _SIGNATURE, _ROOT, _TILES)
    note, checkpoint = read
    signed = recipe.step(_SIGNATURE, lambda: _signature(note, checkpoint, keys))
    if signed is None:
        return _without(recipe, _ROOT, _TILES)
    recipe.facts.update(
        origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex(), log_keys=signed
    )
    audit = _Audit(source, checkpoint, progress)
    recipe.step(_ROOT, audit.rebuild)
    recipe.step(_TILES, audit.judge_tiles)
    return recipe.report()


def _without(recipe: Recipe, *tasks: Task) -> Report:
    for task in tasks:
        recipe.skip(task)
    return recipe.report()


def _read(source: TileSource) -> tuple[tuple[Note, Checkpoint], str]:
    note = Note.parse(source.checkpoint())
    checkpoint = Checkpoint.parse(note.text)
    held = counted(checkpoint.size, "entry", "entries")
    return (note, checkpoint), f"{checkpoint.origin} says that it holds {held}."


def _signature(
    note: Note, checkpoint: Checkpoint, keys: Sequence[VerifierKey]
) -> tuple[list[str], str]:
    signed = verify_note(note, keys)
    own = [one.key.key_id.hex() for one in signed if one.key.name == checkpoint.origin]
    if not own:
        raise Undecided(
            "checkpoint.unknown-origin",
            f"The key that signed is not named like the log {checkpoint.origin}.",
        )
    return own, f"Signed by {checkpoint.origin} with the key {', '.join(own)}."


@dataclass(slots=True)
class _Places:
    """How many tiles, and the first few of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, path: TilePath) -> None:
        self.count += 1
        if self.count <= MOST_PLACES:
            self.first.append(path.encode())

    def text(self) -> str | None:
        more = [f"and {self.count - MOST_PLACES} more"] if self.count > MOST_PLACES else []
        return ", ".join([*self.first, *more]) or None


@dataclass(slots=True)
class _Audit:
    """One pass over all entries; tiles are compared on the way, as soon as they are full."""

    source: TileSource
    checkpoint: Checkpoint
    progress: Callable[[int, int], None] | None
    edge: Edge = field(default_factory=Edge)
    compared: int = 0
    finished: bool = False
    wrong: _Places = field(default_factory=_Places)
    unread: _Places = field(default_factory=_Places)

    def rebuild(self) -> tuple[None, str]:
        size = self.checkpoint.size
        for path in level_paths(None, size):
            for tile in self.edge.push_many(self._leaf_hashes(path)):
                self._compare(TilePath(tile.level, tile.index), tile.hashes)
            if self.progress:
                self.progress(self.edge.size, size)
        for level, hashes in enumerate(self.edge.partial_hashes()):
            if hashes:
                index = size >> 8 * (level + 1)
                self._compare(TilePath(level, index, len(hashes) // HASH_SIZE), hashes)
        self.finished = True
        if self.edge.root() != self.checkpoint.root:
            raise Refused("log.root", "The entries do not give the root that the log has signed.")
        return None, f"{counted(size, 'entry', 'entries')}: together they give the signed root."

    def judge_tiles(self) -> tuple[None, str]:
        if self.wrong.count:
            raise Refused(
                "log.tile",
                f"{self.wrong.count} of {self.compared} tiles are not those of the entries.",
                where=self.wrong.text(),
            )
        if self.unread.count or not self.finished:
            raise Undecided(
                "log.tiles-unread",
                f"Some tiles could not be compared; each that could ({self.compared}) fits.",
                where=self.unread.text(),
            )
        return None, f"Every tile ({self.compared}) is that of the entries."

    def _leaf_hashes(self, path: TilePath) -> list[bytes]:
        data, width = fetched(self.source, path)
        try:
            return [leaf_hash(entry) for entry in parse_bundle(data, width)[: path.width]]
        except FormatError as error:
            error.where = path.encode()
            raise

    def _compare(self, path: TilePath, expected: bytes) -> None:
        try:
            data, width = fetched(self.source, path)
        except LogUnreachable:
            self.unread.add(path)
            return
        self.compared += 1
        if len(data) != HASH_SIZE * width or data[: len(expected)] != expected:
            self.wrong.add(path)


def fetched(source: TileSource, path: TilePath) -> tuple[bytes, int]:
    """A tile or bundle and its width. Raises LogUnreachable.

    A log that has grown may have replaced a partial tile by the full one (tlog-tiles).
    """
    try:
        return source.tile(path.encode()), path.width
    except LogUnreachable as missing:
        if path.width == WIDTH:
            raise
        try:
            return source.tile(path.full.encode()), WIDTH
        except LogUnreachable:
            raise missing from None
