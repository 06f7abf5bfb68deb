"""Files on this machine: found, read once, fingerprinted. Nothing here writes."""
