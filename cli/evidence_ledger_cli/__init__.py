"""The command ``evidence``: each command is one file under ``commands/``, loaded on use."""

__version__ = "0.1.0"
