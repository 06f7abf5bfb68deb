"""The audit of a whole ledger, from stored bytes."""
