"""People and campaigns erased, and what is kept of them as keyed hashes."""
