"""
What was deleted from the tables of a journal in PostgreSQL, made to be nowhere in their files.

Deleted rows stay in the files of a table until it is written anew (``VACUUM FULL``), which its owner can do
and which keeps others from it meanwhile. What the server has elsewhere is its administrator's: its log of
changes (WAL), where it is archived, its replicas and backups, and the log of statements, if it keeps one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from smsframe.journal.tables import metadata

if TYPE_CHECKING:
    import psycopg

WAIT = "60s"
"""How long to wait for somebody who uses a table."""

OWNED = (
    "SELECT relname, pg_has_role(relowner, 'USAGE') FROM pg_class "
    "WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind = 'r' AND relname = ANY(%(tables)s)"
)


def clean(connection: psycopg.Connection[Any], schema: str, place: str) -> list[str]:
    """
    Write the tables anew.

    Args:
        connection: In no transaction.
        schema: Where the tables are.
        place: What the journal is called in messages.

    Returns:
        Sentences: what is left, and what to do; none when nothing is.
    """
    import psycopg  # noqa: PLC0415 - an extra
    from psycopg import sql  # noqa: PLC0415 - as above

    owned = dict(connection.execute(OWNED, {"schema": schema, "tables": [*metadata.tables]}).fetchall())
    others = sorted(name for name, ours in owned.items() if not ours)
    connection.execute(f"SET lock_timeout = '{WAIT}'")
    busy = []
    for name in sorted(owned.keys() - {*others}):
        try:
            connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(schema, name)))
        except psycopg.errors.LockNotAvailable:
            busy.append(name)
    with suppress(psycopg.Error):  # only the owner of the database may
        connection.execute("VACUUM pg_catalog.pg_statistic")
    left = []
    if others:
        left.append(
            f"this role does not own the tables {', '.join(others)} of {place}, so erased rows are still in "
            f"their files: have their owner run VACUUM (FULL, ANALYZE) on them, in the schema {schema}"
        )
    if busy:
        left.append(
            f"erased rows are still in the files of the tables {', '.join(busy)} of {place}, as somebody "
            "uses them: call smsframe.forget or smsframe.purge again later, also without numbers"
        )
    return left
