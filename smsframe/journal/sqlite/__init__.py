"""The journal in an SQLite file: everything that only SQLite knows."""
