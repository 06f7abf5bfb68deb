"""A witness: it cosigns a log's checkpoints after checking that the log only grew."""
