"""Certificates: what proves one entry, gathered from the store."""
