"""
The journal's records, and how they are read from its rows.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from smsframe.arrow import INSTANT
from smsframe.journal.sql import frame
from smsframe.journal.tables import batches, campaigns, evidence, texts
from smsframe.journal.versions import columns
from smsframe.orders.hours import Hours
from smsframe.orders.ramp import state_of
from smsframe.orders.records import Batch, CampaignRecord, Evidence, Stamp
from smsframe.orders.states import Doubt, State
from smsframe.orders.terms import Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection, RowMapping


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_campaign(connection: Connection, name: str) -> CampaignRecord | None:
    """The campaign of that name, or None."""
    query = (
        sa.select(*columns(connection, campaigns), texts.c.template)
        .join(texts, campaigns.c.text == texts.c.id)
        .where(campaigns.c.name == name)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return CampaignRecord(
        id=row["id"],
        name=row["name"],
        base_url=row["base_url"],
        account=row["account"],
        prefix=row["prefix"],
        text=row["text"],
        template=row["template"],
        terms=replace(read_terms(row), hours=_read_hours(row["hours"])),
        batch_size=row["batch_size"],
        compared_at=moment(row["compared_at"]),
        created_at=EPOCH + timedelta(microseconds=row["created_at"]),
        stop_requests=row["stop_requests"] or 0,  # null in a file of an older version
        salt=row["salt"],
        purged_at=moment(row["purged_at"]),
        ramp=state_of(row["ramp"]),
    )


_NO_INSTANT = np.iinfo(np.int64).min
"""What numpy writes where there is no time."""


def listed_campaigns(connection: Connection | None) -> pd.DataFrame:
    """The campaigns of a journal, as `Journal.campaigns` gives them; none where there is no journal."""
    names = ["id", "name", "base_url", "account", "created_at", "purged_at"]
    if connection is None:
        found = pd.DataFrame(columns=names)
    else:
        there = [column for column in columns(connection, campaigns) if column.name in names]
        found = frame(connection, sa.select(*there).order_by(campaigns.c.id))[names]
    return found.assign(**{name: instants_of(found[name]) for name in ("created_at", "purged_at")})


def read_batches(connection: Connection, where: sa.ColumnElement[bool]) -> list[Batch]:
    """The batches that a condition names, in the order they were cut."""
    query = (
        sa.select(*columns(connection, batches), texts.c.template)
        .join(texts, batches.c.text == texts.c.id)
        .where(where)
        .order_by(batches.c.id)
    )
    return [
        Batch(
            id=row["id"],
            campaign=row["campaign"],
            order_id=row["order_id"],
            state=State(row["state"]),
            doubt=Doubt(row["doubt"]),
            template=row["template"],
            encoding=row["encoding"],
            terms=read_terms(row),
            recipients=row["recipients"],
            segments=row["segments"],
            claimed_at=moment(row["claimed_at"]),
            not_before=moment(row["not_before"]),
            opens_at=moment(row["opens_at"]),
            closes_at=moment(row["closes_at"]),
            hours=row["hours"],
        )
        for row in connection.execute(query).mappings()
    ]


def read_texts(connection: Connection, campaign: int) -> dict[int, str]:
    """The templates of a campaign by their keys."""
    query = sa.select(texts.c.id, texts.c.template).where(texts.c.campaign == campaign)
    return {row.id: row.template for row in connection.execute(query)}


def terms_columns(terms: Terms) -> dict[str, Any]:
    """Terms as the columns that campaigns and batches share."""
    schedule = None if terms.schedule is None else micros(terms.schedule)
    return {
        "message_type": terms.message_type,
        "sender": terms.sender,
        "schedule_at": schedule,
        "skip_refused": terms.skip_refused,
        "hours": None if terms.hours is None else hours_text(terms.hours),
    }


def read_terms(row: RowMapping) -> Terms:
    """The terms of a campaign or a batch; the hours of a campaign are apart."""
    skips = bool(row["skip_refused"])  # null in a file of an older version
    return Terms(row["message_type"], row["sender"], moment(row["schedule_at"]), skips)


def hours_text(hours: Hours) -> str:
    """Sending hours, as the journal writes them."""
    not_before = None if hours.not_before is None else hours.not_before.isoformat()
    zone = None if hours.zone is None else str(hours.zone)  # the label of a column may be a number
    return json.dumps(
        {
            "between": hours.between,
            "days": hours.days,
            "zone": zone,
            "rules": hours.rules,
            "not_before": not_before,
        }
    )


def same_hours(batch: Batch, entry: CampaignRecord) -> bool:
    """Whether the time of a batch was chosen by the hours that hold for its campaign now, if any do."""
    if entry.terms.hours is None:
        return True
    return batch.hours is not None and json.loads(batch.hours)["hours"] == json.loads(
        hours_text(entry.terms.hours)
    )


def _read_hours(text: str | None) -> Hours | None:
    """Sending hours, as the journal has them."""
    if text is None:
        return None
    written = json.loads(text)
    since = written.pop("not_before")
    begin, end = written.pop("between")
    return Hours(
        between=(begin, end), not_before=None if since is None else datetime.fromisoformat(since), **written
    )


def micros(moment: datetime) -> int:
    """An instant, as the journal writes it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(micros: int | None) -> datetime | None:
    """An instant, as the journal has it."""
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def integers_or(column: pd.Series[Any], missing: int) -> NDArray[np.int64]:
    """A column of integers, with a number where there is none."""
    nullable = column if column.dtype == "Int64" else column.astype("Int64")
    return np.asarray(nullable.to_numpy("int64", na_value=missing))


def instants_of(micros: pd.Series[Any]) -> pd.Series[Any]:
    """A column of instants, as the journal has them."""
    # Of a few rows `pandas.to_datetime` takes ten times as long.
    numbers = integers_or(micros, _NO_INSTANT)
    instants = pd.Series(numbers.view("datetime64[us]"), index=micros.index, name=micros.name)
    return instants.dt.tz_localize("UTC").astype(INSTANT)


def micros_of(instants: pd.Series[Any]) -> pd.Series[Any]:
    """A column of instants, as the journal writes them."""
    return instants.astype(INSTANT).astype("int64").astype("Int64").mask(instants.isna())


def append_evidence(
    connection: Connection,
    campaign: int,
    order_id: str,
    event: str,
    state: State,
    stamp: Stamp,
    attempt: Evidence | None = None,
) -> None:
    """Write down what happened to an order, when, and in which process."""
    row = evidence_row(campaign, order_id, event, state, stamp, attempt)
    connection.execute(sa.insert(evidence), row)


def evidence_row(
    campaign: int,
    order_id: str,
    event: str,
    state: State,
    stamp: Stamp,
    attempt: Evidence | None = None,
) -> dict[str, Any]:
    """A row that says what happened to an order; those of several orders are written at once."""
    return {
        "campaign": campaign,
        "order_id": order_id,
        "at": micros(stamp.at),
        "process": stamp.process,
        "event": event,
        "state": state,
        **(attempt or Evidence())._asdict(),
    }
