"""Who asks: requests that are signed, API tokens, and what each may read."""
