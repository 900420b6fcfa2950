"""
The rows of opt-out lists: written and read as columns, in the caller's transaction.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from smsframe.arrow import STRING, TEXT
from smsframe.journal.people.spellings import spellings
from smsframe.journal.rows import instants_of, micros
from smsframe.journal.sql import (
    LARGEST_ANSWER,
    as_json_array,
    frame,
    insert,
    integers,
    integers_of,
    is_among,
    rows_changed,
    table_of,
)
from smsframe.journal.tables import optout_lists, optouts, removed_optouts
from smsframe.journal.versions import has_people_over_time
from smsframe.phones.match import keys, places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection


FEW = 10_000
"""So many people are looked up one by one; for more, a list is read from its beginning to its end."""


SOURCES = 8
"""So many sources of one list are numbered where it is read."""


class OptOutList(NamedTuple):
    """
    Whose list it is.

    Attributes:
        base_url: The address of the gateway.
        account: The account there.
        campaign: The key of a campaign, of the ``suppress=`` of its calls; 0 of the account's own.
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
    parts = [persons for key in lists for persons, *_ in _pages(connection, key, ())]
    if not parts:
        return np.array([], dtype=np.int64)
    found = np.sort(np.concatenate(parts))  # numpy's `unique` hashes, which takes seconds for a million
    return found[np.diff(found, prepend=-1) > 0]


def _pages(connection: Connection, key: int, others: Sequence[sa.ColumnElement[Any]]) -> Iterator[list[Any]]:
    """A list in order of person, page by page: persons, and other columns as JSON."""
    last, more = 0, True
    while more:
        query = sa.select(optouts.c.person, *others)
        query = query.where(optouts.c.list == key, optouts.c.person > last).order_by(optouts.c.person)
        persons, *columns = _arrays(connection, query.limit(LARGEST_ANSWER))
        more = len(persons) == LARGEST_ANSWER
        if len(persons):
            last = int(persons.max())
            yield [persons, *columns]


def _arrays(connection: Connection, query: sa.Select[Any]) -> list[Any]:
    """The first column of a query as integers, the others as JSON."""
    rows = query.subquery()
    first, *others = connection.execute(sa.select(*map(as_json_array, rows.c))).one()
    return [integers_of(first), *others]


def which_listed(
    connection: Connection, lists: Sequence[int], persons: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Those of some people who are on one of these lists."""
    if not lists or not len(persons):
        return np.array([], dtype=np.int64)
    query = sa.select(optouts.c.person).where(
        optouts.c.list.in_([*lists]), is_among(optouts.c.person, persons.tolist())
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
    query = query.where(removed_optouts.c.list == key, is_among(removed_optouts.c.person, persons.tolist()))
    removed = {int(row[0]): int(row[1]) for row in connection.execute(query)}
    pairs = zip(persons.tolist(), at.tolist(), strict=True)
    return np.array([removed.get(person, -1) > left for person, left in pairs], dtype=np.bool_)


class Since(NamedTuple):
    """
    Opt-outs of some people, one each, in order of the canonical number.

    Attributes:
        persons: Who.
        since: Since when, in microseconds since 1970.
        source: From where, as Arrow's strings.
    """

    persons: NDArray[np.int64]
    since: NDArray[np.int64]
    source: Any


def since_when(connection: Connection, lists: Sequence[int], persons: NDArray[np.int64]) -> Since:
    """
    Since when those of some people are opted out who are on these lists: the earliest of several.

    Of many people the lists are read from beginning to end: to look up each takes several times as long.
    """
    names = ("person", "since", "source")
    if len(persons) <= FEW:
        these = optouts.c.list.in_([*lists]) & is_among(optouts.c.person, persons.tolist())
        query = sa.select(*(optouts.c[name] for name in names)).where(these).order_by(optouts.c.list)
        there, since, source = _arrays(connection, query)
        parts = [Since(there, integers_of(since), pa.array(json.loads(source), STRING))]
    else:
        asked = np.sort(persons)
        parts = [part for key in sorted(lists) for part in _since_on(connection, key, asked)]
    if not parts:
        return Since(np.array([], dtype=np.int64), np.array([], dtype=np.int64), pa.array([], STRING))
    who, times, sources = zip(*parts, strict=True)
    found = Since(np.concatenate(who), np.concatenate(times), pa.concat_arrays(sources))
    if (np.diff(found.persons) > 0).all():  # one list is in order
        return found
    order = np.lexsort((found.since, found.persons))
    order = order[np.diff(found.persons[order], prepend=-1) > 0]
    return Since(found.persons[order], found.since[order], found.source.take(pa.array(order)))


def _since_on(connection: Connection, key: int, asked: NDArray[np.int64]) -> Iterator[Since]:
    """Since when some people (sorted) are on a list, page by page."""
    query = sa.select(optouts.c.source).where(optouts.c.list == key).distinct().limit(SOURCES + 1)
    known = connection.execute(query).scalars().all()
    few = 0 < len(known) <= SOURCES
    # To read the source of each takes half the time; most lists have few, which are numbered.
    numbers = {one: place for place, one in enumerate(known)}
    source = sa.case(numbers, value=optouts.c.source).label("number") if few else optouts.c.source
    for there, since, sources in _pages(connection, key, (optouts.c.since, source)):
        rows = places(there, asked) >= 0
        if few:
            text = pa.array(known, STRING).take(pa.array(integers_of(sources)[rows]))
        else:
            text = pa.array(json.loads(sources), STRING).filter(pa.array(rows))
        yield Since(there[rows], integers_of(since)[rows], text)


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
    return rows_changed(connection, statement)


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
