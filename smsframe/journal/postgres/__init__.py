"""The journal in a PostgreSQL database: everything that only PostgreSQL knows."""
