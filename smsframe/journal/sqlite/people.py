"""
People written into an SQLite file: a batch in one parameter, as JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from smsframe.arrow import STRING, strings
from smsframe.journal.people.people_groups import OWN, Group
from smsframe.journal.sql import rows_changed
from smsframe.journal.tables import recipients
from smsframe.phones.match import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

_PLUS, _NOTHING = (pa.scalar(text, STRING) for text in ("+", ""))


def may_be_written(there: Any, given: Any) -> sa.ColumnElement[bool]:
    """
    Nobody who has a batch, and nobody who is held out into one; a variant never becomes another.
    """
    same = there.variant.is_(None) | given.variant.is_(None) | (there.variant == given.variant)
    return sa.and_(there.batch.is_(None), ~there.held_out | given.batch.is_(None), same)


def write(connection: Connection, campaign: int, groups: Sequence[Group]) -> int:
    """Write people, unless `may_be_written` forbids it; how many were written."""
    one, same, plain, timed = [], [], [], []
    for group in groups:
        filled = {"text": group.text, "encoding": group.encoding, "batch": group.batch}
        persons = keys_of(group.people)
        if group.has_own:
            timed.append(filled | {"people": _rows(persons, group, "phone", "fields", "segments", *OWN)})
        elif group.distinct("fields") != [None] or len(segments := group.distinct("segments")) != 1:
            one.append(filled | {"people": _rows(persons, group, "phone", "fields", "segments")})
        else:  # a text that is the same for all
            filled["segments"] = segments[0]
            numbers = pa.array(persons).cast(STRING)
            if strings(group.people["phone"]).equals(pc.binary_join_element_wise(_PLUS, numbers, _NOTHING)):
                # As nearly all are: half of the JSON, and nothing is looked for in it.
                plain.append(filled | {"people": f"[{','.join(numbers.to_pylist())}]"})
            else:
                same.append(filled | {"people": _rows(persons, group, "phone")})
    value = sa.func.json_each(sa.bindparam("people")).table_valued("value", name="person").c.value
    person, phone, *others = (sa.func.json_extract(value, f"$[{place}]") for place in range(4))
    none = [sa.false() if name == "held_out" else sa.null() for name in OWN]
    times = [sa.func.json_extract(value, f"$[{place}]") for place in range(4, 4 + len(OWN))]
    of_all: list[Any] = [sa.null(), sa.bindparam("segments"), *none]
    number = sa.literal("+").concat(sa.cast(value, sa.Text))
    kinds: list[tuple[list[Any], list[dict[str, Any]]]] = [
        ([person, phone, *others, *none], one),
        ([person, phone, *of_all], same),
        ([value, number, *of_all], plain),
        ([person, phone, *others, *times], timed),
    ]
    return sum(_insert(connection, campaign, columns, filled) for columns, filled in kinds)


def _rows(persons: NDArray[np.int64], group: Group, *names: str) -> str:
    """Canonical numbers and columns of their people, as a list of rows in JSON."""
    return json.dumps([*zip(persons.tolist(), *map(group.column, names), strict=True)])


def _insert(
    connection: Connection,
    campaign: int,
    person: Sequence[sa.ColumnElement[Any]],
    filled: list[dict[str, Any]],
) -> int:
    """How many people were written: who, values, segments and times as given, the rest by group."""
    if not filled:
        return 0
    shared = (sa.bindparam(name, type_=recipients.c[name].type) for name in ("text", "encoding", "batch"))
    rows = sa.select(sa.literal(campaign), *person, *shared, sa.literal(value=False))
    names = ["campaign", "person", "phone", "fields", "segments", *OWN]
    names += ["text", "encoding", "batch", "missing"]
    # With a condition, or SQLite takes ON CONFLICT for the one of a join.
    new = insert(recipients).from_select(names, rows.where(sa.true()))
    statement = new.on_conflict_do_update(
        index_elements=["campaign", "person"],
        set_={name: new.excluded[name] for name in names[2:]}
        | {"variant": sa.func.coalesce(recipients.c.variant, new.excluded.variant)}
        | {"held_out": recipients.c.held_out | new.excluded.held_out},
        where=may_be_written(recipients.c, new.excluded),
    )
    return rows_changed(connection, statement, filled)
