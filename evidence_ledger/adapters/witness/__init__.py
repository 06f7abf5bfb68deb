"""A witness's own database, memory, files and HTTP service. Nothing of a ledger is needed."""
