"""
The times of a plan: the column of times read, each person's time, and what a plan says of them.

Pure: the present is handed in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from smsframe.arrow import INSTANT, TEXT, strings
from smsframe.contacts.columns import place
from smsframe.errors import ContactsError
from smsframe.formatting import duration, many
from smsframe.orders.batching import batch_numbers
from smsframe.orders.hours import Hours, zone_named
from smsframe.outcomes.codes import CODES
from smsframe.texts.values import words
from smsframe.timing.night import warning
from smsframe.timing.sending_times import local, sending_times

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import timedelta

    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms

_OFFSET = r"[0-9]:[0-9]{2}.*(?:[+-][0-9]{2}:?[0-9]{2}|Z)$"
"""A time in words, with its offset."""

MOST_ORDERS: Final = 10_000
"""More orders than this a column of times may not make: each is a request, and a row of the journal."""
SHOWN: Final = 6
"""So many different times a plan names, those of the most people; the others are counted together."""


class OwnTimes(NamedTuple):
    """
    What a table says row by row, by position.

    Attributes:
        schedule_at: The column of times (UTC, whole seconds), or None.
        zone: The column of time zones, or None.
    """

    schedule_at: pd.Series[Any] | None = None
    zone: pd.Series[Any] | None = None


class PlannedTimes(NamedTuple):
    """
    When the people of a plan are texted, as it was when it was made.

    Attributes:
        times: As `smsframe.timing.sending_times.sending_times`, with the index of the plan's people.
        night: What is to be said of times that are at night where people are; empty when there is nothing.
        undo: How long those that go out at once can be taken back.
    """

    times: pd.DataFrame
    night: str = ""
    undo: timedelta | None = None


def read_own_times(contacts: pd.DataFrame, schedule: datetime | Hours | Hashable | None) -> OwnTimes:
    """
    What the table says of times, where ``schedule=`` names one of its columns.

    Raises:
        ContactsError: There is no such column, or it has no times with a time zone.
        ValueError: A zone that is neither a column nor the name of a time zone, or both.
    """
    if schedule is None or isinstance(schedule, datetime):
        return OwnTimes()
    if isinstance(schedule, Hours):
        return OwnTimes(zone=_zones(contacts, schedule))
    if schedule not in contacts.columns:
        raise ContactsError(
            f"schedule={schedule!r} is no column of this table: give a column of times, a datetime with a "
            "time zone, or smsframe.Hours(...); nothing was sent"
        )
    return OwnTimes(schedule_at=_times(contacts.iloc[:, place(contacts, schedule)], schedule))


def _times(column: pd.Series[Any], label: Hashable) -> pd.Series[Any]:
    """A column of times with a time zone as instants, in whole seconds."""
    column = column.reset_index(drop=True)
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        what = _what_it_is(column)
        if what is not None:
            raise ContactsError(
                f"the column {label!r} that schedule= names {what}, so nobody knows which instants they are. "
                f"Make them times with a zone, as in {_as_times(column, label)}; nothing was sent"
            )
        column = pd.to_datetime(column, utc=True)
    instants: pd.Series[Any] = column.dt.tz_convert("UTC").astype(INSTANT).dt.floor("s")
    return instants


def _as_times(column: pd.Series[Any], label: Hashable) -> str:
    """How to make times of a column: text that a file has may have an offset in each cell, or in none."""
    text = strings(words(column)) if column.dtype.kind != "M" else strings([])
    if pc.any(pc.match_substring_regex(text, _OFFSET)).as_py():
        return f"pd.to_datetime(frame[{label!r}], utc=True, format='ISO8601').dt.tz_convert('Europe/Rome')"
    return f"pd.to_datetime(frame[{label!r}]).dt.tz_localize('Europe/Rome')"


def _what_it_is(column: pd.Series[Any]) -> str | None:
    """What is wrong with a column of objects, or None if all are datetimes with a zone, or missing."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return "has times without a time zone"
    given = column.dropna()
    if column.dtype != object or not all(isinstance(value, datetime) for value in given):
        return f"has {'text' if pd.api.types.is_string_dtype(given) else 'no times'}, not times"
    # Row by row: objects are rare here, and each has a zone of its own.
    return None if all(value.utcoffset() is not None for value in given) else "has times without a time zone"


def _zones(contacts: pd.DataFrame, hours: Hours) -> pd.Series[Any] | None:
    """The column of zones that hours name, or None when they name none."""
    named = zone_named(hours.zone) is not None
    if hours.zone is None or (named and hours.zone not in contacts.columns):
        return None
    if named:
        raise ValueError(
            f"zone={hours.zone!r} of the hours is a time zone and a column of this table: rename the column"
        )
    if hours.zone not in contacts.columns:
        raise ContactsError(
            f"zone={hours.zone!r} of the hours is neither a column of this table nor an IANA time zone such "
            "as 'Europe/Rome'; nothing was sent"
        )
    return (
        contacts.iloc[:, place(contacts, hours.zone)]
        .reset_index(drop=True)
        .astype(object)
        .where(lambda column: column.map(lambda value: isinstance(value, str)), None)
        .astype(TEXT)
    )


def plan_times(people: pd.DataFrame, terms: Terms, now: Now) -> PlannedTimes | None:
    """When people are texted, seen from now; None when all go out at once, whatever the hour."""
    timed = terms.hours is not None or terms.schedule is not None or "schedule_at" in people
    if not timed and terms.undo is None:
        return None
    times = sending_times(people, replace(terms, undo=None), now)
    night = "" if terms.hours is not None else warning(people["phone"], times["schedule"])
    return PlannedTimes(times, night, terms.undo)


def check_number_of_orders(people: pd.DataFrame, batch_size: int, label: Hashable) -> None:
    """
    Refuse a column of times that would make too many orders.

    Raises:
        ContactsError: It would.
    """
    orders = int(batch_numbers(people, batch_size).max()) + 1 if len(people) else 0
    if orders > MOST_ORDERS:
        raise ContactsError(
            f"the times in column {label!r} make {orders:,} orders, one at least for each different time; "
            f"{MOST_ORDERS:,} are the most. Round them, as in frame[{label!r}].dt.floor('15min'); nothing "
            "was sent"
        )


def times_facts(planned: PlannedTimes | None, ready: pd.Index[Any], waits: pd.Index[Any]) -> dict[str, Any]:
    """
    What a plan says of its times.

    Args:
        planned: The times.
        ready: The people who would be texted, of the index of ``planned.times``.
        waits: Those who may not be texted by the hours.
    """
    if planned is None:
        empty = {"later": [], "unknown_zone": 0, "never": 0, "no_rule": 0, "night": "", "undo": ""}
        return {"now": len(ready), **empty, "said": []}
    times, waiting = planned.times.loc[ready], planned.times.loc[waits]
    scheduled = times[times["schedule"].notna()]
    zones = scheduled["zones"].astype(object).where(scheduled["zones"].notna(), "UTC")
    groups = scheduled.groupby([scheduled["schedule"].rename("at"), zones.rename("zones")])
    counted = groups.size().rename("people").reset_index()
    most = counted["people"].nlargest(SHOWN).index  # those of the most people, then in order of time
    later = [
        {"at": _local(row["at"], row["zones"]), "people": row["people"]}
        for row in counted.loc[sorted(most)].to_dict("records")
    ]
    if more := int(counted["people"].drop(most).sum()):
        later.append({"at": f"at {many(len(counted) - SHOWN, 'other time')}", "people": more})
    no_zone = waiting["zones"].isna()
    facts = {
        "now": int(times["schedule"].isna().sum()),
        "later": later,
        "unknown_zone": int(no_zone.sum()),
        "never": int((~no_zone).sum()),
        "no_rule": int(times["no_rule"].sum() + waiting["no_rule"].sum()),
        "night": planned.night,
        "undo": "" if planned.undo is None else duration(planned.undo.total_seconds()),
    }
    return facts | {"said": _said(facts)}


def _local(at: pd.Timestamp, zones: str) -> str:
    """An instant in the first of some zones, and how many others there are."""
    first, *others = zones.split()
    return local(at.to_pydatetime(), first) + (f" and {many(len(others), 'other zone')}" if others else "")


def _said(facts: dict[str, Any]) -> list[str]:
    """The same in words, a few words for each thing; nothing where all go out at once."""
    quiet = not (facts["now"] and (facts["later"] or facts["unknown_zone"] or facts["never"]))
    said = [] if quiet else [f"{facts['now']:,} at once"]
    if facts["undo"] and facts["now"]:
        said = [f"{facts['now']:,} {facts['undo']} after they are sent, and can be taken back until then"]
    said += [f"{row['people']:,} {row['at']}" for row in facts["later"]]
    for name, what in (("unknown_zone", "without a known time zone"), ("never", "for whom it never opens")):
        if facts[name]:
            said.append(f"{facts[name]:,} {what}, who {'is' if facts[name] == 1 else 'are'} not texted")
    if facts["no_rule"]:
        said.append(f"{facts['no_rule']:,} without a marketing rule of their country")
    return said


def passed_reasons(schedule_at: pd.Series[Any]) -> pd.Series[Any]:
    """Why rows whose time has passed are not texted."""
    when: pd.Series[Any] = schedule_at.dt.strftime("%Y-%m-%d %H:%M UTC").astype(TEXT)
    return CODES["time_passed"] + ": it was " + when
