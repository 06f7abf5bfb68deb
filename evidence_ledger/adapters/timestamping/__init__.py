"""Timestamp authorities: the ledger's own, and those reached over HTTP."""
