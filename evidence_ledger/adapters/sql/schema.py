"""The tables. Everything but documents and claims stays for ever; those two can be erased.

Numbers of entries, seals and tiles count from 0. Times are canonical UTC text. The migrations make
these tables; a test compares both. What is ``aside`` is no part of the ledger: no audit looks at
it, and no move takes it along.
"""

from __future__ import annotations

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
)

from evidence_ledger.adapters.sql.columns import Count, Words

metadata = MetaData()

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
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("statement_hash", LargeBinary, nullable=False, unique=True),
)

marks = Table(
    "marks",
    metadata,
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("mark", LargeBinary, nullable=False, unique=True),
)

documents = Table(
    "documents",
    metadata,
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("statement", LargeBinary),
    Column("signature", LargeBinary),
)

claims = Table(
    "claims",
    metadata,
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("position", Count, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("algorithm", Words, primary_key=True),
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("position", Count, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

special_entries = Table(
    "special_entries",
    metadata,
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("about", Count, index=True),
    sqlite_with_rowid=False,
)

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("inner_nodes", LargeBinary, nullable=False),
)

seals = Table(
    "seals",
    metadata,
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("first", Count, nullable=False),
    Column("size", Count, nullable=False, index=True),
    Column("root", LargeBinary, nullable=False),
    Column("checkpoint", LargeBinary, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("offsets", LargeBinary, nullable=False),
    Column("entry", Count, ForeignKey("entries.number")),
)

tokens = Table(
    "tokens",
    metadata,
    Column("seal", Count, ForeignKey("seals.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("authority", Words, nullable=False),
    Column("independent", Integer, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("token", LargeBinary, nullable=False),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("seal", Count, ForeignKey("seals.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
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
    Column("seal", Count, ForeignKey("seals.number"), primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, ForeignKey("supplements.digest"), primary_key=True),
    Column("kind", Words, nullable=False),
)

renewals = Table(
    "renewals",
    metadata,
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("kind", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("independent", Integer, nullable=False),
    Column("begun", Words, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("entry", Count, ForeignKey("entries.number")),
)

renewed_strands = Table(
    "renewed_strands",
    metadata,
    Column("renewal", Count, ForeignKey("renewals.number"), primary_key=True, autoincrement=False),
    Column(
        "seal",
        Count,
        ForeignKey("seals.number"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
    Column("position", Count, primary_key=True, autoincrement=False),
    Column("leaf", Count, nullable=False),
    Column("objects", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

renewed_direct = Table(
    "renewed_direct",
    metadata,
    Column("renewal", Count, ForeignKey("renewals.number"), primary_key=True, autoincrement=False),
    Column(
        "entry",
        Count,
        ForeignKey("entries.number"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
    Column("file", Integer, primary_key=True, autoincrement=False),
    Column("authority", Words, primary_key=True),
    Column("leaf", Count, nullable=False),
    sqlite_with_rowid=False,
)

renewal_supplements = Table(
    "renewal_supplements",
    metadata,
    Column("renewal", Count, ForeignKey("renewals.number"), primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, ForeignKey("supplements.digest"), primary_key=True),
    Column("kind", Words, nullable=False),
)

renewal_tokens = Table(
    "renewal_tokens",
    metadata,
    Column("renewal", Count, ForeignKey("renewals.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("authority", Words, nullable=False),
    Column("independent", Integer, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("token", LargeBinary, nullable=False),
)

direct_tokens = Table(
    "direct_tokens",
    metadata,
    Column("entry", Count, ForeignKey("entries.number"), primary_key=True, autoincrement=False),
    Column("file", Integer, primary_key=True, autoincrement=False),
    Column("authority", Words, primary_key=True),
    Column("independent", Integer, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("token", LargeBinary, nullable=False),
)

aside = MetaData()

nonces = Table(
    "nonces",
    aside,
    Column("digest", LargeBinary, primary_key=True),
    Column("until", Count, nullable=False, index=True),
)
"""In PostgreSQL alone."""
