"""
Everything that a journal has of one campaign, as the results are made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import TEXT
from smsframe.journal.orders.attempts import read_earlier
from smsframe.journal.orders.spending import given_up
from smsframe.journal.people.people_groups import OWN
from smsframe.journal.people.recipients import read, read_with_orders
from smsframe.journal.privacy.forgotten import read_erased
from smsframe.journal.rows import instants_of, integers_or, read_texts
from smsframe.journal.sql import frame
from smsframe.journal.tables import batches
from smsframe.orders.states import State
from smsframe.outcomes.join import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from smsframe.orders.records import CampaignRecord

FACTS = (
    *("order_id", "state", "doubt", "owner", "attempts", "schedule_at", "sent_at", "charged", "reason"),
    *("message_type", "sender", "text", "segments"),
)

DTYPES: dict[str, Any] = {
    **dict.fromkeys(("order_id", "state", "owner", "reason", "message_type", "sender"), TEXT),
    **dict.fromkeys(("doubt", "attempts", "segments"), "Int64"),
    "charged": "Float64",
    "given_up": bool,
}
"""Of the columns of orders but for instants."""


class StoredCampaign(NamedTuple):
    """What a journal has of a campaign: the campaign, and its people and orders."""

    entry: CampaignRecord
    known: Known


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
    open_ = created["state"].isin([State.PLANNED, State.SENDING, State.UNCONFIRMED])
    at_work = {owner: alive(owner) for owner in created["owner"][open_].unique()}
    orders = {name: created[name].astype(dtype) for name, dtype in DTYPES.items()}
    orders |= {fact: instants_of(created[fact]) for fact in ("schedule_at", "sent_at")}
    orders["template"] = created["text"].map(sources).astype(TEXT)
    orders["owner_alive"] = (open_ & created["owner"].map(at_work).eq(other=True)).astype(bool)
    # In this order: one column after another put into a frame takes as long as to read it.
    names = (*(fact for fact in FACTS if fact != "text"), "given_up", "template", "owner_alive")
    order = pd.Index(created["id"], dtype="int64")
    people = _people(found, sources, order)
    before = people.iloc[:0] if earlier.empty else _people(earlier, sources, order)
    if len(gone):
        gone = gone.assign(batch=order.get_indexer(pd.Index(gone["batch"].fillna(-1).astype("int64"))))
    return Known(people, pd.DataFrame({name: orders[name] for name in names}), before, gone)


def _people(found: pd.DataFrame, sources: dict[int, str], batch_keys: pd.Index) -> pd.DataFrame:
    """
    People as `Known` has them, of the journal's rows, out of which is taken what they do not have as it is: a
    million people take a hundred megabytes.
    """
    text = pd.Index([*sources], dtype="int64").get_indexer(pd.Index(found.pop("text")))
    place = batch_keys.get_indexer(pd.Index(integers_or(found.pop("batch"), -1)))
    same = ["phone", "fields", "encoding", "segments", "missing", "refused", "delivery", *OWN]
    attempt = found["attempt"]
    instants: dict[str, pd.Series[Any]] = {}
    never: pd.Series[Any] | None = None  # times that nobody has share their memory
    for name in ("delivered_at", "seen_at", "schedule_at"):
        micros = found.pop(name)
        if micros.notna().any():
            instants[name] = instants_of(micros)
        else:
            never = instants[name] = instants_of(micros) if never is None else never
    return found[[name for name in same if name not in instants]].assign(
        template=pd.Categorical.from_codes(text, pd.Index([*sources.values()])),
        batch=place,
        attempt=attempt.fillna(1) if attempt.hasnans else attempt,  # a file of an older version does not say
        **instants,
        held_out=found["held_out"].fillna(value=False).astype(bool),
    )
