"""
The people of a campaign in the journal, written and read as columns.

SQLite's JSON functions carry a whole batch in one parameter, and a hundred thousand people in one row of
answers; a parameter and a row per person cost several times as much.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from smsframe.errors import JournalError
from smsframe.schema import STRING
from smsframe.tables import recipients

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

CHUNK = 100_000
"""People per question: SQLite holds no answer of more than a gigabyte."""

DTYPES: dict[str, Any] = {
    "phone": STRING,
    "text": "int64",
    "fields": STRING,
    "encoding": STRING,
    "segments": "Int64",
    "batch": "Int64",
    "missing": bool,
}


class Group(NamedTuple):
    """
    People of one batch, or of none.

    Attributes:
        batch: The key of their batch, or None when they only wait.
        text: The key of their text.
        encoding: ``gsm`` or ``ucs2``.
        people: ``phone``, ``fields`` (merge values) and ``segments``.
    """

    batch: int | None
    text: int
    encoding: str
    people: pd.DataFrame


def write(connection: Connection, campaign: int, groups: Iterable[Group]) -> None:
    """
    Write people down with their text and batch; those who were waiting get this text and batch instead.

    Raises:
        JournalError: Somebody has a batch already.
    """
    value = sa.func.json_each(sa.bindparam("people")).table_valued("value", name="person").c.value
    rows = sa.select(
        sa.literal(campaign),
        *(sa.func.json_extract(value, f"$[{place}]") for place in range(3)),
        *(sa.bindparam(name, type_=recipients.c[name].type) for name in ("text", "encoding", "batch")),
        sa.literal(value=False),
    ).where(sa.true())  # or SQLite takes ON CONFLICT for the condition of a join
    names = ["campaign", "phone", "fields", "segments", "text", "encoding", "batch", "missing"]
    new = insert(recipients).from_select(names, rows)
    statement = new.on_conflict_do_update(
        index_elements=["campaign", "phone"],
        set_={name: new.excluded[name] for name in names[2:]},
        where=recipients.c.batch.is_(None),
    )
    filled = [
        {"people": _json(people), "text": text, "encoding": encoding, "batch": batch}
        for batch, text, encoding, people in groups
    ]
    if not filled:
        return
    written = connection.execute(statement, filled).rowcount
    if written != sum(len(group.people) for group in groups):
        raise JournalError("somebody has a batch already; nothing was written")


def read(connection: Connection, campaign: int, which: sa.ColumnElement[bool] | None = None) -> pd.DataFrame:
    """
    The people of a campaign, in order of number, all or some.

    Returns:
        ``phone``, ``text`` (its key), ``fields``, ``encoding``, ``segments``, ``batch`` (its key, or
        missing), ``missing`` (whether its order lacks it).
    """
    where = sa.true() if which is None else which
    parts: list[pd.DataFrame] = []
    last = ""
    while not parts or len(parts[-1]) == CHUNK:
        chunk = (
            sa.select(*(recipients.c[name] for name in DTYPES))
            .where(recipients.c.campaign == campaign, recipients.c.phone > last, where)
            .order_by(recipients.c.phone)
            .limit(CHUNK)
            .subquery()
        )
        arrays = sa.select(*(sa.func.json_group_array(column) for column in chunk.c))
        answer = connection.execute(arrays).one()
        columns = zip(DTYPES.items(), map(json.loads, answer), strict=True)
        parts.append(pd.DataFrame({name: pd.array(column, dtype) for (name, dtype), column in columns}))
        last = "" if parts[-1].empty else str(parts[-1]["phone"].iloc[-1])
    return pd.concat(parts, ignore_index=True)


def taken(connection: Connection, campaign: int, phones: pd.Series[Any]) -> pd.Series[Any]:
    """Those of these numbers who have a batch in the campaign."""
    if phones.empty:
        return phones
    value = sa.func.json_each(json.dumps(phones.tolist())).table_valued("value", name="person").c.value
    query = sa.select(recipients.c.phone).where(
        recipients.c.campaign == campaign, recipients.c.phone == value, recipients.c.batch.is_not(None)
    )
    return pd.Series(connection.execute(query).scalars().all(), dtype=STRING)


def _json(people: pd.DataFrame) -> str:
    columns = (pa.array(people[name], from_pandas=True) for name in ("phone", "fields", "segments"))
    return json.dumps([*zip(*(column.to_pylist() for column in columns), strict=True)])
