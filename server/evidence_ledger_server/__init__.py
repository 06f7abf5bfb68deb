"""The ledger as a service: courts verify, firms deposit, anybody audits."""

from evidence_ledger import __version__

__all__ = ["__version__"]
