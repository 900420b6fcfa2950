"""Read contact files, find their columns, read opt-out lists."""
