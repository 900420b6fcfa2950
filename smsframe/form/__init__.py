"""The compose form."""
