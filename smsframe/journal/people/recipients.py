"""
The people of a campaign in the journal, written and read as columns.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT, repeated
from smsframe.errors import JournalError
from smsframe.journal.postgres import people as postgres_people
from smsframe.journal.sql import LARGEST_ANSWER, POSTGRESQL, as_json_array, is_among
from smsframe.journal.sqlite import people as sqlite_people
from smsframe.journal.tables import recipients
from smsframe.journal.versions import columns
from smsframe.outcomes.columns import are_e164
from smsframe.phones.match import keys as phone_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from smsframe.journal.people.people_groups import Group


DTYPES: dict[str, Any] = {
    "phone": TEXT,
    "text": "int64",
    "fields": TEXT,
    "encoding": TEXT,
    "segments": "Int64",
    "batch": "Int64",
    "missing": bool,
    "refused": TEXT,
    "attempt": "Int64",
    "delivery": TEXT,
    "delivered_at": "Int64",
    "seen_at": "Int64",
    "schedule_at": "Int64",
    "zone": TEXT,
    "wait_code": TEXT,
    "wait_reason": TEXT,
    "variant": TEXT,
    "held_out": "boolean",
    "consent": TEXT,
}


def write(connection: Connection, campaign: int, groups: list[Group]) -> None:
    """
    Write people down with their text and batch; those who were waiting get this text and batch instead.

    Raises:
        JournalError: Somebody has a batch already.
    """
    writer = postgres_people if connection.dialect.name == POSTGRESQL else sqlite_people
    if writer.write(connection, campaign, groups) != sum(len(group.people) for group in groups):
        raise JournalError("somebody has a batch already; nothing was written")


def read(connection: Connection, campaign: int, which: sa.ColumnElement[bool] | None = None) -> pd.DataFrame:
    """
    The people of a campaign, in order of their canonical number, all or some.

    Returns:
        ``phone``, ``text`` (its key), ``fields``, ``encoding``, ``segments``, ``batch`` (its key, or
        missing), ``missing`` (whether its order lacks it), ``refused`` (the code with which it was left
        out of it), ``attempt``, ``delivery`` (the code last seen), ``delivered_at`` and ``seen_at``
        (microseconds since 1970 in UTC), and those of `OWN` (``schedule_at`` likewise).

    Raises:
        JournalError: It is damaged.
    """
    selected = (recipients.c.campaign == campaign) & (sa.true() if which is None else which)
    columns_here = {column.name: column for column in columns(connection, recipients)}
    same = _same_for_all(connection, selected, columns_here)
    wanted = [columns_here[name] for name in DTYPES if name not in same]
    # The primary key, by which a part is found at once; before version 4 it was the number as it is spelled.
    key, last = (
        (columns_here["person"], 0)
        if isinstance(columns_here["person"], sa.Column)
        else (recipients.c.phone, "")
    )
    parts: list[pd.DataFrame] = []
    while not parts or len(parts[-1]) == LARGEST_ANSWER:
        query = sa.select(*wanted, key.label("key")).where(selected, key > last).order_by(key)
        chunk = query.limit(LARGEST_ANSWER).subquery()
        *answers, last = connection.execute(
            sa.select(*(as_json_array(chunk.c[column.name]) for column in wanted), sa.func.max(chunk.c.key))
        ).one()
        read = zip((column.name for column in wanted), map(json.loads, answers), strict=True)
        parts.append(pd.DataFrame({name: pd.array(column, DTYPES[name]) for name, column in read}))
    people = pd.concat(parts[:1] + [part for part in parts[1:] if len(part)], ignore_index=True)
    if people["phone"].hasnans or not are_e164(people["phone"]).all():
        raise JournalError("the journal is damaged: it holds a phone number that is none")
    columns_read = {name: people[name].array for name in people}
    alike: dict[tuple[Any, Any], Any] = {}  # such columns, as those without values, share their memory
    for name, value in same.items():
        one = (value, dtype := DTYPES[name])
        if one not in alike:
            alike[one] = repeated(value, len(people), dtype)
        columns_read[name] = alike[one]
    return pd.DataFrame({name: columns_read[name] for name in DTYPES}, copy=False)


def read_with_orders(connection: Connection, campaign: int, phones: pd.Series[Any]) -> pd.DataFrame:
    """
    Some people of a campaign and everybody else who is in an order with one of them, as `read`.

    What an order cost is shared among all of its people.
    """
    these = (recipients.c.campaign == campaign) & is_among(recipients.c.person, persons(phones))
    orders = connection.execute(
        sa.select(recipients.c.batch).where(these, recipients.c.batch.is_not(None)).distinct()
    )
    parts = [
        read(
            connection,
            campaign,
            is_among(recipients.c.person, persons(phones)) & recipients.c.batch.is_(None),
        )
    ]
    if keys := orders.scalars().all():
        parts.insert(0, read(connection, campaign, is_among(recipients.c.batch, [*keys])))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _same_for_all(
    connection: Connection,
    selected: sa.ColumnElement[bool],
    columns_here: Mapping[str, sa.ColumnElement[Any]],
) -> dict[str, Any]:
    """The columns in which all of these people are alike, which need not be read a million times."""
    columns_asked = {name: columns_here[name] for name in DTYPES if name not in ("phone", "batch")}
    query = sa.select(*(column.label(name) for name, column in columns_asked.items())).where(selected)
    # By itself: with a limit PostgreSQL expects to come by so many at once, and compares everybody who waits
    # with everybody who was asked for.
    all_of_them = query.cte("selected").prefix_with("MATERIALIZED", dialect=POSTGRESQL)
    some = connection.execute(sa.select(all_of_them).limit(FIRST)).mappings().all()
    same = {name: some[0][name] for name in columns_asked if len({row[name] for row in some}) == 1}
    if len(some) < FIRST or not same:
        return same
    # Those that are alike in the first of them, held against everybody: first whether anybody differs at all.
    # Counted, and not searched for: PostgreSQL would again expect to find few.
    differs = {name: _differs(columns_asked[name], value) for name, value in same.items()}
    for wheres in ([sa.or_(*differs.values())], [*differs.values()]):
        counts = sa.select(*(sa.func.count(sa.case((where, 1))) for where in wheres)).where(selected)
        if not any(counted := connection.execute(counts).one()):
            return same
    return {name: same[name] for name, count in zip(differs, counted, strict=True) if not count}


def _differs(column: sa.ColumnElement[Any], value: Any) -> sa.ColumnElement[bool]:
    return column.is_not(None) if value is None else column.is_distinct_from(value)


FIRST = 1_000
"""So many people are looked at, to see in which columns everybody may be alike."""

NO_DELIVERY = {"delivery": None, "delivered_at": None, "seen_at": None}
"""Of people who are in no order."""


def free(connection: Connection, which: sa.ColumnElement[bool]) -> None:
    """Take people out of their batches."""
    without_batch = {"batch": None, "missing": False, "refused": None} | NO_DELIVERY
    connection.execute(sa.update(recipients).where(which).values(**without_batch))


def mark(
    connection: Connection, batch: int, missing: pd.Series[Any] | None, refused: pd.Series[Any] | None
) -> None:
    """
    Write down whom the gateway's order lacks, and whom it was left without.

    Args:
        connection: The transaction.
        batch: The key of the batch.
        missing: Numbers of its people that the order does not list.
        refused: The delivery codes of those who were left out, by number.
    """
    if missing is None and refused is None:  # nearly always
        return
    in_batch = sa.update(recipients).where(recipients.c.batch == batch)
    if missing is not None and len(missing):
        missing_people = in_batch.where(is_among(recipients.c.person, persons(missing)))
        connection.execute(missing_people.values(missing=True, refused=None))
    if refused is not None:
        for code, left_out in refused.groupby(refused):
            phones = left_out.index.to_series()
            left_out_people = in_batch.where(is_among(recipients.c.person, persons(phones)))
            connection.execute(left_out_people.values(missing=False, refused=str(code)))


def taken(connection: Connection, campaign: int, phones: pd.Series[Any]) -> pd.Series[Any]:
    """The numbers, as they were texted, of those of these people who have a batch in the campaign."""
    if phones.empty:
        return phones
    query = sa.select(recipients.c.phone).where(
        recipients.c.campaign == campaign,
        is_among(recipients.c.person, persons(phones)),
        recipients.c.batch.is_not(None),
    )
    return pd.Series(connection.execute(query).scalars().all(), dtype=TEXT)


def persons(phones: pd.Series[Any]) -> list[int]:
    """Whose numbers these are, for a query."""
    keys: list[int] = phone_keys(phones).tolist()
    return keys
