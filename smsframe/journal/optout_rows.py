"""
The rows of opt-out lists: written and read as columns, in the caller's transaction.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.rows import instants_of, micros
from smsframe.journal.spellings import spellings
from smsframe.journal.sql import LARGEST_ANSWER, as_json_array, frame, insert, integers, table_of
from smsframe.journal.tables import optout_lists, optouts, removed_optouts
from smsframe.journal.versions import has_people_over_time
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection


class OptOutList(NamedTuple):
    """
    Whose list it is.

    Attributes:
        base_url: The address of the gateway.
        account: The account there.
        campaign: The key of a campaign, of what its calls were told to suppress; 0 of the account's own.
    """

    base_url: str
    account: str
    campaign: int = 0


def find_list(connection: Connection, owner: OptOutList) -> int | None:
    """The key of a list, or None."""
    if not has_people_over_time(connection):
        return None
    query = sa.select(optout_lists.c.id).where(
        optout_lists.c.base_url.in_(spellings(connection, optout_lists.c.base_url, owner.base_url)),
        optout_lists.c.account == owner.account,
        optout_lists.c.campaign == owner.campaign,
    )
    in_this_spelling = sa.case((optout_lists.c.base_url == owner.base_url, 0), else_=1)
    return connection.execute(query.order_by(in_this_spelling, optout_lists.c.id)).scalar()


def count(connection: Connection, key: int) -> int:
    """How many people are on a list."""
    return connection.execute(sa.select(sa.func.count()).where(optouts.c.list == key)).scalar_one()


def changes(connection: Connection, lists: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The key of each of these lists and how often it was changed."""
    query = sa.select(optout_lists.c.id, optout_lists.c.changes).where(optout_lists.c.id.in_([*lists]))
    return tuple((row.id, row.changes) for row in connection.execute(query.order_by(optout_lists.c.id)))


def persons_on(connection: Connection, lists: Sequence[int]) -> NDArray[np.int64]:
    """The canonical numbers of everybody on these lists, sorted, once each."""
    parts: list[NDArray[np.int64]] = []
    for key in lists:
        last, more = 0, True
        while more:
            query = sa.select(optouts.c.person).where(optouts.c.list == key, optouts.c.person > last)
            chunk = query.order_by(optouts.c.person).limit(LARGEST_ANSWER).subquery()
            answer = connection.execute(sa.select(as_json_array(chunk.c.person))).scalar_one()
            part = np.array(json.loads(answer), dtype=np.int64)
            more = len(part) == LARGEST_ANSWER
            if len(part):
                parts.append(part)
                last = int(part.max())
    if not parts:
        return np.array([], dtype=np.int64)
    found = np.sort(np.concatenate(parts))  # numpy's `unique` hashes, which takes seconds for a million
    return found[np.diff(found, prepend=-1) > 0]


def which_listed(
    connection: Connection, lists: Sequence[int], persons: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Those of some people who are on one of these lists."""
    if not lists or not len(persons):
        return np.array([], dtype=np.int64)
    query = sa.select(optouts.c.person).where(
        optouts.c.list.in_([*lists]), optouts.c.person.in_(integers(persons.tolist()))
    )
    return np.array(connection.execute(query.distinct()).scalars().all(), dtype=np.int64)


def removed_since(
    connection: Connection, owner: OptOutList, persons: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether each of some people was taken off a list after an instant, one per person."""
    key = find_list(connection, owner)
    if key is None:
        return np.zeros(len(persons), dtype=np.bool_)
    latest = sa.func.max(removed_optouts.c.removed_at)
    query = sa.select(removed_optouts.c.person, latest).group_by(removed_optouts.c.person)
    query = query.where(
        removed_optouts.c.list == key, removed_optouts.c.person.in_(integers(persons.tolist()))
    )
    removed = {int(row[0]): int(row[1]) for row in connection.execute(query)}
    pairs = zip(persons.tolist(), at.tolist(), strict=True)
    return np.array([removed.get(person, -1) > left for person, left in pairs], dtype=np.bool_)


def details(connection: Connection, lists: Sequence[int], persons: NDArray[np.int64]) -> pd.DataFrame:
    """``person``, ``since`` (UTC), ``why`` and ``source`` of those of some people who are on these lists."""
    parts = []
    for begin in range(0, len(persons), LARGEST_ANSWER):
        these = optouts.c.person.in_(integers(persons[begin : begin + LARGEST_ANSWER].tolist()))
        query = sa.select(*(optouts.c[name] for name in ("person", "since", "why", "source", "list")))
        parts.append(frame(connection, query.where(optouts.c.list.in_([*lists]), these)))
    names = ["person", "since", "why", "source", "list"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    found = found.sort_values(["person", "since"], kind="stable").drop_duplicates("person")
    return found.assign(
        person=found["person"].astype("int64"),
        since=instants_of(found["since"]),
        why=found["why"].astype(TEXT),
        source=found["source"].astype(TEXT),
    ).reset_index(drop=True)


def entries_of(
    phones: pd.Series[Any],
    source: str | pd.Series[Any],
    why: str | pd.Series[Any] | None,
    since: datetime | pd.Series[Any],
) -> pd.DataFrame:
    """One row per person, in order of the canonical number; the earliest of several spellings."""
    persons = keys(phones)
    spelled = phones.astype(object).to_numpy()
    canonical = pd.Series(persons).astype(str).radd("+").to_numpy()
    entries = pd.DataFrame({"person": persons, "phone": pd.Series(spelled).where(spelled != canonical, None)})
    if isinstance(since, pd.Series):
        entries["since"] = since.astype("datetime64[us, UTC]").astype("int64").to_numpy()
    else:
        entries["since"] = micros(since)
    for name, given in (("why", why), ("source", source)):
        entries[name] = given.to_numpy(dtype=object) if isinstance(given, pd.Series) else given
    return entries.sort_values(["person", "since"], kind="stable").drop_duplicates("person")


def insert_entries(connection: Connection, key: int, entries: pd.DataFrame) -> int:
    """Put people on a list, but for those who are on it; how many were put."""
    kinds: dict[str, type[Any]] = {"person": sa.BigInteger, "phone": sa.Text, "since": sa.BigInteger}
    kinds |= {"why": sa.Text, "source": sa.Text}
    given = {name: _plain(entries[name]) for name in kinds}
    # Columns that are alike for all, as those of a file are, go as one value each.
    same = {name: values[0] for name, values in given.items() if name != "person" and len({*values}) == 1}
    columns = {name: (kinds[name], values) for name, values in given.items() if name not in same}
    table = (
        integers(given["person"]).subquery("given")
        if [*columns] == ["person"]
        else table_of(connection, columns)
    )
    cells = (
        sa.literal(same[name], kind).label(name)
        if name in same
        else table.c["value" if name == "person" and len(columns) == 1 else name]
        for name, kind in kinds.items()
    )
    rows = sa.select(sa.literal(key, sa.Integer), *cells).select_from(table).where(sa.true())
    statement = insert(connection, optouts).from_select(["list", *kinds], rows).on_conflict_do_nothing()
    return int(connection.execute(statement).rowcount)


def _plain(column: pd.Series[Any]) -> list[Any]:
    """The values of a column, for a parameter."""
    return column.astype(object).where(column.notna(), None).tolist()


def made_list(connection: Connection, owner: OptOutList) -> int:
    """The key of a list, which is made if there is none."""
    key = find_list(connection, owner)
    if key is not None:
        return key
    new = insert(connection, optout_lists).on_conflict_do_nothing()
    connection.execute(new, owner._asdict())
    key = find_list(connection, owner)
    assert key is not None  # noqa: S101 - it was just made
    return key


def note_change(connection: Connection, key: int) -> None:
    """Count one change of a list."""
    more: dict[str, Any] = {"changes": optout_lists.c.changes + 1}
    connection.execute(sa.update(optout_lists).where(optout_lists.c.id == key).values(**more))


def read_entries(connection: Connection, which: sa.ColumnElement[bool]) -> pd.DataFrame:
    """``number``, ``since``, ``why`` and ``source`` of opt-outs, in order of the canonical number."""
    query = sa.select(*(optouts.c[name] for name in ("person", "phone", "since", "why", "source")))
    return readable(frame(connection, query.where(which).order_by(optouts.c.person)))


def readable(found: pd.DataFrame) -> pd.DataFrame:
    """Rows as people read them."""
    canonical: pd.Series[Any] = found.pop("person").astype("int64").astype(str).radd("+").astype(TEXT)
    found.insert(0, "number", found.pop("phone").astype(TEXT).fillna(canonical))
    for name in ("since", "removed_at"):
        if name in found:
            found[name] = instants_of(found[name])
    for name in ("why", "source", "removed_why"):
        if name in found:
            found[name] = found[name].astype(TEXT)
    return found


def no_optouts() -> pd.DataFrame:
    """Nobody, with the columns of `read_entries`."""
    none = pd.Series([], dtype=TEXT)
    since = instants_of(pd.Series([], dtype="Int64"))
    return pd.DataFrame({"number": none, "since": since, "why": none, "source": none})
