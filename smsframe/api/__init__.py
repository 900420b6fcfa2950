"""The public functions; thin."""
