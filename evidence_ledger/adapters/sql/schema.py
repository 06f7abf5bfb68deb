"""The tables. Everything but documents and claims stays for ever; those two can be erased.

Numbers of entries, seals and tiles count from 0. Times are canonical UTC text. The migrations make
these tables; a test compares both. What is ``aside`` is no part of the ledger: no audit looks at
it, and no move takes it along.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from evidence_ledger.adapters.sql.columns import Count, Words

metadata = MetaData()


def _key(
    name: str,
    kind: TypeEngine[int] | type[Integer] = Count,
    *,
    of: Table | None = None,
    index: bool = False,
) -> Column[int]:
    """A number in a primary key: of the table ``of``, or counted by the ledger itself."""
    refers = [] if of is None else [ForeignKey(of.c.number)]
    return Column(name, kind, *refers, primary_key=True, autoincrement=False, index=index)


def _answer() -> list[Column[Any]]:
    """What a timestamp authority answered."""
    return [
        Column("independent", Integer, nullable=False),
        Column("response", LargeBinary, nullable=False),
        Column("token", LargeBinary, nullable=False),
    ]


head = Table(
    "head",
    metadata,
    Column(
        "id",
        Integer,
        CheckConstraint("id = 1", name="head_is_one_row"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("size", Count, nullable=False),
    Column("last", LargeBinary, nullable=False),
    Column("received", Words),
)

entries = Table(
    "entries",
    metadata,
    _key("number"),
    Column("data", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False, unique=True),
)

marks = Table(
    "marks",
    metadata,
    _key("entry", of=entries),
    Column("mark", LargeBinary, nullable=False, unique=True),
)

documents = Table(
    "documents",
    metadata,
    _key("entry", of=entries),
    Column("statement", LargeBinary),
    Column("signature", LargeBinary),
)

claims = Table(
    "claims",
    metadata,
    _key("entry", of=entries),
    _key("position"),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("algorithm", Words, primary_key=True),
    _key("entry", of=entries),
    _key("position"),
    sqlite_with_rowid=False,
)

special_entries = Table(
    "special_entries",
    metadata,
    _key("entry", of=entries),
    _key("position", Integer),
    Column("kind", Words, nullable=False),
    Column("about", Count, index=True),
    sqlite_with_rowid=False,
)

IS_ERASURE = text("kind = 'erasure'")

Index(
    "erasures",
    special_entries.c.entry,
    sqlite_where=IS_ERASURE,
    postgresql_where=IS_ERASURE,
)

orders = Table(
    "orders",
    metadata,
    _key("about"),
    Column("signer", LargeBinary, primary_key=True),
    _key("entry", of=entries, index=True),
    sqlite_with_rowid=False,
)
"""Who ordered the investigation of which entry: what is asked before one is erased."""

tiles = Table(
    "tiles",
    metadata,
    _key("level", Integer),
    _key("number"),
    Column("hashes", LargeBinary, nullable=False),
    Column("inner_nodes", LargeBinary, nullable=False),
)

seals = Table(
    "seals",
    metadata,
    _key("number"),
    Column("first", Count, nullable=False),
    Column("size", Count, nullable=False, index=True),
    Column("root", LargeBinary, nullable=False),
    Column("checkpoint", LargeBinary, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("offsets", LargeBinary, nullable=False),
    Column("entry", Count, ForeignKey(entries.c.number)),
)

seal_groups = Table(
    "seal_groups",
    metadata,
    _key("seal", of=seals),
    _key("level", Integer),
    _key("number"),
    Column("data", LargeBinary, nullable=False),
)
"""What ``seals.leaves`` and ``seals.offsets`` say, in parts: see ``group_rows``."""

tokens = Table(
    "tokens",
    metadata,
    _key("seal", of=seals),
    _key("position", Integer),
    Column("authority", Words, nullable=False),
    *_answer(),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    _key("seal", of=seals),
    _key("position", Integer),
    Column("witness", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("line", LargeBinary, nullable=False),
    UniqueConstraint("seal", "key", name="cosignatures_once_a_key"),
    Index("cosignatures_of_witness", "witness", "seal"),
)

supplements = Table(
    "supplements",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

seal_supplements = Table(
    "seal_supplements",
    metadata,
    _key("seal", of=seals),
    Column("digest", LargeBinary, ForeignKey(supplements.c.digest), primary_key=True),
    Column("kind", Words, nullable=False),
)

renewals = Table(
    "renewals",
    metadata,
    _key("number"),
    Column("kind", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("independent", Integer, nullable=False),
    Column("begun", Words, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("entry", Count, ForeignKey(entries.c.number)),
)

renewed_strands = Table(
    "renewed_strands",
    metadata,
    _key("renewal", of=renewals),
    _key("seal", of=seals, index=True),
    _key("position"),
    Column("leaf", Count, nullable=False),
    Column("objects", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

renewed_groups = Table(
    "renewed_groups",
    metadata,
    _key("renewal", of=renewals),
    _key("seal", of=seals),
    _key("position"),
    _key("level", Integer),
    _key("number"),
    Column("data", LargeBinary, nullable=False),
)
"""What ``renewed_strands.objects`` and ``.hashes`` say, in parts: see ``group_rows``."""

renewed_direct = Table(
    "renewed_direct",
    metadata,
    _key("renewal", of=renewals),
    _key("entry", of=entries, index=True),
    _key("file", Integer),
    Column("authority", Words, primary_key=True),
    Column("leaf", Count, nullable=False),
    sqlite_with_rowid=False,
)

renewal_supplements = Table(
    "renewal_supplements",
    metadata,
    _key("renewal", of=renewals),
    Column("digest", LargeBinary, ForeignKey(supplements.c.digest), primary_key=True),
    Column("kind", Words, nullable=False),
)

renewal_tokens = Table(
    "renewal_tokens",
    metadata,
    _key("renewal", of=renewals),
    _key("position", Integer),
    Column("authority", Words, nullable=False),
    *_answer(),
)

direct_tokens = Table(
    "direct_tokens",
    metadata,
    _key("entry", of=entries),
    _key("file", Integer),
    Column("authority", Words, primary_key=True),
    *_answer(),
)

aside = MetaData()

nonces = Table(
    "nonces",
    aside,
    Column("digest", LargeBinary, primary_key=True),
    Column("until", Count, nullable=False, index=True),
)
"""In PostgreSQL alone."""
