"""
People who have no batch become planned batches, each with its order id, in one go.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, cast

import pandas as pd
import sqlalchemy as sa

from smsframe import people
from smsframe.entries import Batch, Cut, Entry, Evidence, Stamp, micros, read_texts, terms_columns, witness
from smsframe.joins import among
from smsframe.life import Doubt, State
from smsframe.order import Terms, order_id, parts
from smsframe.tables import batches

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

UNKNOWN = "unknown"
"""The encoding of what another journal's orders held."""


def assign(
    connection: Connection, entry: Entry, owner: str, free: pd.DataFrame, *, terms: Terms | None = None
) -> list[Cut]:
    """
    In the caller's transaction: cut people into planned batches, each of one text and encoding.

    Args:
        connection: The transaction.
        entry: Their campaign.
        owner: Whose the batches are.
        free: ``phone``, ``text`` (its key), ``fields``, ``encoding``, ``segments`` of people without a batch.
        terms: How it goes out; as the latest call said when not given.

    Raises:
        JournalError: Somebody has a batch already.
    """
    if free.empty:
        return []
    free = free.sort_values("phone", kind="stable")
    groups = [
        # Not of numpy, as they are on older pandas: SQLite stores those as bytes.
        (int(cast("int", text)), str(encoding), part)
        for (text, encoding), group in free.groupby(["text", "encoding"])
        for part in parts(group, entry.batch_size)
    ]
    sources = read_texts(connection, entry.id)
    used = set(connection.execute(sa.select(batches.c.order_id)).scalars())
    first = (connection.execute(sa.select(sa.func.max(batches.c.id))).scalar() or 0) + 1
    made: list[Cut] = []
    rows = []
    for key, (text, encoding, part) in enumerate(groups, first):
        generation, order = _unused(used, entry.prefix, sources[text], part)
        batch = Batch(
            id=key,
            campaign=entry.id,
            order_id=order,
            state=State.PLANNED,
            doubt=Doubt.NONE,
            template=sources[text],
            encoding=encoding,
            terms=terms or entry.terms,
            recipients=len(part),
            segments=int(part["segments"].sum()),
            claimed_at=None,
        )
        shared = ("id", "campaign", "order_id", "state", "encoding", "recipients", "segments")
        row = {name: getattr(batch, name) for name in shared} | terms_columns(batch.terms)
        rows.append(row | {"text": text, "generation": generation, "owner": owner})
        made.append(Cut(batch, part))
    connection.execute(sa.insert(batches), rows)
    given = zip(made, groups, strict=True)
    people.write(connection, entry.id, [people.Group(one.batch.id, *group) for one, group in given])
    return made


def adopt(
    connection: Connection,
    entry: Entry,
    owner: str,
    earlier: pd.DataFrame,
    waiting: pd.DataFrame,
    stamp: Stamp,
) -> None:
    """
    In the caller's transaction: take over orders that the gateway has of a campaign, as accepted.

    What was in them is unknown but for who got them: text and segments are those of this call's people.

    Args:
        connection: The transaction.
        entry: The campaign.
        owner: This run.
        earlier: ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``phone``, a row per recipient.
        waiting: ``phone``, ``fields``, ``segments`` of this call's people.
        stamp: When, and in which process.
    """
    used = connection.execute(sa.select(batches.c.order_id)).scalars().all()  # another process was faster
    earlier = earlier[~earlier["order_id"].isin(used)]
    earlier = earlier[~among(earlier["phone"], people.taken(connection, entry.id, earlier["phone"]))]
    known = earlier.merge(waiting[["phone", "fields", "segments"]], on="phone", how="left")
    for order, part in known.groupby("order_id"):
        at, schedule = (_instant(part[name].iloc[0]) for name in ("create_time", "schedule_time"))
        row = {
            "campaign": entry.id,
            "text": entry.text,
            "order_id": order,
            "generation": 0,
            "state": State.ACCEPTED,
            "owner": owner,
            "attempts": 1,
            "encoding": UNKNOWN,
            "recipients": len(part),
            "segments": int(part["segments"].sum()),
            **terms_columns(entry.terms),
            "schedule_at": schedule,
            "claimed_at": at,
            "sent_at": at,
        }
        (key,) = connection.execute(sa.insert(batches).returning(batches.c.id), row).one()
        people.write(connection, entry.id, [people.Group(key, entry.text, UNKNOWN, part)])
        told = Evidence("GET smshistory of 30 days, GET sms/" + str(order), f"{len(part)} recipients")
        witness(connection, entry.id, str(order), "adopted", State.ACCEPTED, stamp, told)


def _instant(moment: pd.Timestamp) -> int | None:
    return None if pd.isna(moment) else micros(moment.to_pydatetime())


def _unused(used: set[str], prefix: str, template: str, part: pd.DataFrame) -> tuple[int, str]:
    """The first generation whose order id was never used, and that id; it is used from here on."""
    for generation in itertools.count():
        found = order_id(prefix, template, part, generation)
        if found not in used:
            break
    used.add(found)
    return generation, found
