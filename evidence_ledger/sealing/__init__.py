"""Seals: what is timestamped, who is asked, and what is kept of the answers."""
