"""One run: orders claimed, sent and recorded, until nothing is left or it stops."""
