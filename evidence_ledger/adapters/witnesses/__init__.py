"""Witnesses of this ledger: those that are asked for cosignatures."""
