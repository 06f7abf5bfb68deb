"""A log as it is served: its signed checkpoint, and its tree read tile by tile where needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evidence_ledger.core.edge import HASH, WIDTH, Edge, FullTile, full_tile, partial_widths
from evidence_ledger.core.held import Held
from evidence_ledger.core.log_audit import TileSource
from evidence_ledger.core.note import Note
from evidence_ledger.core.note_verification import known_signatures, sound_part
from evidence_ledger.core.tile import TilePath
from evidence_ledger.core.tree_reader import TreeReader
from evidence_ledger.core.verifier_key import VerifierKey
from evidence_ledger.errors import EvidenceError, LogUnreachable, Undecided


@dataclass(frozen=True, slots=True)
class Served:
    """The newest checkpoint, and the tree below it, which has the checkpoint's root."""

    held: Held
    tree: TreeReader


def read_signed(
    source: TileSource, origin: str, keys: Sequence[VerifierKey]
) -> tuple[Held, EvidenceError | None]:
    """The log's newest checkpoint, without lines of known keys that fail, and why one does: such a
    checkpoint accuses, and is not to be believed. Raises LogUnreachable, FormatError, Refused where
    all known signatures are wrong, and Undecided where it is of another log or no known key has
    signed.
    """
    held = Held.of(Note.parse(source.checkpoint()))
    if held.checkpoint.origin != origin:
        raise Undecided("online.other-ledger", f"This is the ledger {held.checkpoint.origin}.")
    own = [key for key in keys if key.name == origin]
    note, doubt = sound_part(held.note, own)
    if not known_signatures(note, own):
        raise doubt or Undecided(
            "online.unsigned", "No known key of the ledger has signed its checkpoint."
        )
    return replace(held, note=note), doubt


def with_tree(source: TileSource, held: Held) -> Served:
    """The checkpoint with its tree. Raises LogUnreachable, and Undecided where what is served does
    not give the root that was signed.
    """
    tree = read_tree(source, held.checkpoint.size)
    if tree.root(held.checkpoint.size) != held.checkpoint.root:
        raise Undecided(
            "online.root", "What the ledger serves does not give the root that it has signed."
        )
    return Served(held, tree)


def read_tree(source: TileSource, size: int) -> TreeReader:
    """The tree of a log that has at least ``size`` entries. Raises LogUnreachable, Undecided."""
    rows = [
        _hashes(source, TilePath(level, size >> 8 * (level + 1), width)) if width else b""
        for level, width in enumerate(partial_widths(size))
    ]

    def tile(level: int, index: int) -> FullTile:
        path = TilePath(level, index)
        found = full_tile(level, index, _hashes(source, path))
        # Its root is a hash of the tile above, which was checked so too, or of the edge.
        if found.root != tree.node(8 * (level + 1), index):
            raise Undecided(
                "online.tile", "A tile is not that of the tree that is served.", where=path.encode()
            )
        return found

    tree = TreeReader(tile, Edge.rebuild(size, rows))
    return tree


def _hashes(source: TileSource, path: TilePath) -> bytes:
    data = fetch(source, path)
    if len(data) < HASH * path.width:
        raise Undecided(
            "online.tile", "The ledger serves a tile that is none.", where=path.encode()
        )
    return data[: HASH * path.width]


def fetch(source: TileSource, path: TilePath) -> bytes:
    """A tile or bundle. A log that has grown may have the full one alone (tlog-tiles).

    Raises LogUnreachable.
    """
    try:
        return source.tile(path.encode())
    except LogUnreachable as missing:
        if path.width == WIDTH:
            raise
        try:
            return source.tile(path.full.encode())
        except LogUnreachable:
            raise missing from None
