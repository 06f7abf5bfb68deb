"""One file a command; each holds one ``command``. The table of all is in ``program.py``."""
