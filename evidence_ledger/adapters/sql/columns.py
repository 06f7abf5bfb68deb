"""Column types that mean the same in every kind of database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Text

# Only a column of type INTEGER is SQLite's own row number.
Count = BigInteger().with_variant(Integer, "sqlite")

# Ordered by bytes everywhere, whatever language a PostgreSQL database was made for.
Words = Text().with_variant(Text(collation="C"), "postgresql")
