"""
SQLAlchemy's dialect of SQLite, one for all journals, and what it has compiled.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class Dialect(SQLiteDialect_pysqlite):
    """
    SQLite's, which is the same for all of our engines.

    Each journal object has engines of its own, and SQLAlchemy compiles a statement anew for each dialect
    object: a call with one person would compile some 40 statements, each time.
    """

    supports_statement_cache = True  # must be said by each class of its own

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite.smsframe", __name__, Dialect.__name__)

URL = "sqlite+smsframe://"
"""Names the dialect, for `sqlalchemy.create_engine`; what is opened is the engine's ``creator``'s matter."""

COMPILED: dict[Any, Any] = {}
"""Statements as SQLite reads them, for all engines; there are as many as are written in this package."""
