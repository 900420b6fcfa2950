"""
SQLAlchemy's dialect of SQLite, one for all journals, and what it has compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

if TYPE_CHECKING:
    from collections.abc import Callable


class Dialect(SQLiteDialect_pysqlite):
    """
    SQLite's, which is the same for all of our engines.

    Each journal object has engines of its own, and SQLAlchemy compiles a statement anew for each dialect
    object: a call with one person would compile some 40 statements, each time.

    Transactions begin and end here instead of by events of the engine: where an engine has any, SQLAlchemy
    looks for more around each statement, and a run has thousands.

    Args:
        begin: The statement by which a transaction begins; the driver's own habits are off.
        before_commit: Called immediately before each commit; what it raises prevents that.
        arguments: SQLAlchemy's.
    """

    supports_statement_cache = True  # must be said by each class of its own

    def __init__(
        self,
        begin: str = "BEGIN",
        before_commit: Callable[[], object] = lambda: None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.begin, self._before_commit = begin, before_commit

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction."""
        dbapi_connection.cursor().execute(self.begin)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit it, if nothing is in the way."""
        self._before_commit()
        dbapi_connection.commit()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite.smsframe", __name__, Dialect.__name__)

URL = "sqlite+smsframe://"
"""Names the dialect, for `sqlalchemy.create_engine`; what is opened is the engine's ``creator``'s matter."""

COMPILED: dict[Any, Any] = {}
"""Statements as SQLite reads them, for all engines; there are as many as are written in this package."""
