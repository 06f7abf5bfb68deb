"""One file for each resource of section ``/v1``, and one for the log's own files."""
