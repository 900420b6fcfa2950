"""
Which version of the tables a journal has, and what one of an earlier version lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from smsframe.journal.sql import POSTGRESQL
from smsframe.journal.tables import VERSION, recipients

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_OPTION = "smsframe_version"
_WITH_ATTEMPTS = 5
"""The first version with a table of attempts."""
_WITH_PEOPLE_OVER_TIME = 8
"""The first version with tables of people beyond one campaign: replies and others."""


def remember(connection: Connection, version: int) -> None:
    """Say which version the tables have, as this transaction sees them."""
    connection.execution_options(**{_OPTION: version})


def written(connection: Connection) -> int:
    """The version of the tables that this journal has."""
    known = connection.get_execution_options().get(_OPTION)
    if known is not None:
        return int(known)
    query = "PRAGMA user_version"
    if connection.dialect.name == POSTGRESQL:
        query = "SELECT version FROM journal"
    return int(connection.exec_driver_sql(query).scalar_one())


def columns(connection: Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns of a table; those that a journal of an older version does not have yet are null."""
    if written(connection) == VERSION:
        return [*table.c]
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    return [column if column.name in there else sa.null().label(column.name) for column in table.c]


def refused(connection: Connection) -> sa.ColumnElement[Any]:
    """With which code somebody was left out of an accepted order; null in a journal of an older version."""
    return columns(connection, recipients)[[*recipients.c].index(recipients.c.refused)]


def held_out(connection: Connection) -> sa.ColumnElement[bool]:
    """Whether somebody is held out for comparison; nobody in a journal of an older version."""
    here = columns(connection, recipients)[[*recipients.c].index(recipients.c.held_out)]
    return sa.func.coalesce(here, sa.false(), type_=sa.Boolean)


def has_attempts(connection: Connection) -> bool:
    """Whether the journal is of a version in which a person may have several attempts."""
    return written(connection) >= _WITH_ATTEMPTS


def has_people_over_time(connection: Connection) -> bool:
    """Whether the journal is of a version that keeps people beyond one campaign: replies and others."""
    return written(connection) >= _WITH_PEOPLE_OVER_TIME
