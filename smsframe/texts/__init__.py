"""Templates, encodings and segments."""
