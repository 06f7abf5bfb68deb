"""Renewals: newer timestamps over older ones, before they weaken (RFC 4998, section 5)."""
