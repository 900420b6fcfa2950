"""
Everything that a journal has of one campaign, as the results are made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.attempts import read_earlier
from smsframe.journal.forgotten import read_erased
from smsframe.journal.people_groups import OWN
from smsframe.journal.recipients import read, read_with_orders
from smsframe.journal.rows import instants_of, read_texts
from smsframe.journal.spending import given_up
from smsframe.journal.sql import frame
from smsframe.journal.tables import batches
from smsframe.orders.states import State
from smsframe.outcomes.join import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

FACTS = (
    *("order_id", "state", "doubt", "owner", "attempts", "schedule_at", "sent_at", "charged", "reason"),
    *("message_type", "sender", "text", "segments"),
)


def read_rows(
    connection: Connection, campaign: int, phones: pd.Series[Any] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, str], pd.DataFrame, pd.DataFrame]:
    """The people, the batches, the texts, the earlier attempts and who was erased, as they are written."""
    # An order that was only looked up, as after a crash, left right after it was claimed.
    left = sa.func.coalesce(batches.c.sent_at, batches.c.claimed_at).label("sent_at")
    facts = (left if fact == "sent_at" else batches.c[fact] for fact in ("id", *FACTS))
    query = (
        sa.select(*facts, given_up().label("given_up"))
        .where(batches.c.campaign == campaign)
        .order_by(batches.c.id)
    )
    orders, sources = frame(connection, query), read_texts(connection, campaign)
    people = read(connection, campaign) if phones is None else read_with_orders(connection, campaign, phones)
    return people, orders, sources, read_earlier(connection, campaign), read_erased(connection, campaign)


def known(
    found: pd.DataFrame,
    created: pd.DataFrame,
    sources: dict[int, str],
    earlier: pd.DataFrame,
    gone: pd.DataFrame,
    alive: Callable[[str], bool],
) -> Known:
    """What `read_rows` has read, as `smsframe.outcomes.join` wants it; ``alive`` says whether an owner is."""
    for fact in ("order_id", "state", "owner", "reason", "message_type", "sender"):
        created[fact] = created[fact].astype(TEXT)
    for fact in ("doubt", "attempts", "segments"):
        created[fact] = created[fact].astype("Int64")
    created["charged"] = created["charged"].astype("Float64")
    created["given_up"] = created["given_up"].astype(bool)
    for fact in ("schedule_at", "sent_at"):
        created[fact] = instants_of(created[fact])
    created["template"] = created["text"].map(sources).astype(TEXT)
    open_ = created["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
    at_work = {owner: alive(owner) for owner in created.loc[open_, "owner"].unique()}
    created["owner_alive"] = (open_ & created["owner"].map(at_work).eq(other=True)).astype(bool)
    order = pd.Index(created["id"], dtype="int64")
    people, before = (_people(part, sources, order) for part in (found, earlier))
    gone = gone.assign(batch=order.get_indexer(pd.Index(gone["batch"].fillna(-1).astype("int64"))))
    return Known(people, created.drop(columns=["id", "text"]), before, gone)


def _people(found: pd.DataFrame, sources: dict[int, str], batch_keys: pd.Index) -> pd.DataFrame:
    """People as `Known` has them, of the journal's rows."""
    text = pd.Index([*sources], dtype="int64").get_indexer(pd.Index(found["text"]))
    place = batch_keys.get_indexer(pd.Index(found["batch"].fillna(-1).astype("int64")))
    same = ["phone", "fields", "encoding", "segments", "missing", "refused", "delivery", *OWN]
    return found[same].assign(
        template=pd.Categorical.from_codes(text, pd.Index([*sources.values()])),
        batch=place,
        attempt=found["attempt"].fillna(1),  # a file of an older version does not say
        delivered_at=instants_of(found["delivered_at"]),
        seen_at=instants_of(found["seen_at"]),
        schedule_at=instants_of(found["schedule_at"]),
        held_out=found["held_out"].fillna(value=False).astype(bool),
    )
