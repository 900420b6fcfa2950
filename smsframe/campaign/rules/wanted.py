"""
What a call wants of people whose order is in doubt when it begins, if that order turns out to be absent.

Who is in an order that is proven absent has no text. So what this call says holds for them, as for all who
are unsent: its text and merge values, quality, sender and time. The order goes out again as it is only where
that is what the call wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsframe.arrow import TEXT
from smsframe.campaign.call import PERSON
from smsframe.journal.rows import micros, micros_of
from smsframe.phones.match import find

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.campaign.call import Call
    from smsframe.orders.records import Batch, CampaignRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a call wants.

    Attributes:
        orders: The ids of the orders that were in doubt when it began.
        call: The call, if it has texts of its own.
        rescheduled: Whether the time of the campaign takes the place of those of its people.
    """

    orders: frozenset[str]
    call: Call | None = None
    rescheduled: bool = False

    def otherwise(self, batch: Batch, people: pd.DataFrame, entry: CampaignRecord) -> str | None:
        """
        Why an order is not what the call wants, or None.

        Args:
            batch: The order.
            people: Its people, as the journal has them; this call is about all of them.
            entry: The campaign, with the terms of the call.
        """
        if batch.order_id not in self.orders:
            return None
        if entry.ramp is not None:
            return "the campaign is texted in growing steps"
        if (batch.terms.message_type, batch.terms.sender) != (entry.terms.message_type, entry.terms.sender):
            return "this call wants another quality or sender"
        wanted = self._rows(batch, people)
        if not (wanted["template"].eq(batch.template) & _same(wanted["fields"], people["fields"])).all():
            return "this call wants another text"
        if entry.terms.hours is None and not self._at_its_time(batch, wanted, entry):
            return "this call wants another time"
        return None

    def instead(self, batch: Batch, people: pd.DataFrame) -> pd.DataFrame:
        """
        What is written down of the people of an order that does not go out again.

        Returns:
            The columns of `PERSON`, and ``template``; empty where the journal has it already.
        """
        if batch.order_id not in self.orders:
            return people.iloc[:0]
        return self._rows(batch, people[people["latest"]])

    def _rows(self, batch: Batch, people: pd.DataFrame) -> pd.DataFrame:
        """What this call wants of some people; of those whom it is not about, what the journal has."""
        rows = people[[*PERSON]].reset_index(drop=True).assign(template=batch.template).astype(object)
        if self.rescheduled:
            rows["schedule_at"] = None
        if self.call is None:
            return rows
        own = self.call.people
        place = find(people["phone"], own["phone"])
        given = own.take(place[place >= 0]).reindex(columns=[*PERSON]).set_axis(rows.index[place >= 0])
        if variants := self.call.variants:  # which never become others
            given = given[_same(given["variant"], rows["variant"].reindex(given.index))]
            given["template"] = given["variant"].astype(object).map(variants)
        else:
            given["template"] = self.call.template
        if "schedule_at" in own:
            given["schedule_at"] = micros_of(given["schedule_at"])
        values = given.drop(columns=["phone", "variant"]).astype(object)
        rows.loc[values.index, values.columns] = values
        return rows

    def _at_its_time(self, batch: Batch, wanted: pd.DataFrame, entry: CampaignRecord) -> bool:
        """Whether an order is for the time that the call wants of its people."""
        own = wanted["schedule_at"].dropna()
        if len(own):
            return len(own) == len(wanted) and bool(own.eq(_micros(batch.terms.schedule)).all())
        if entry.terms.schedule is None and entry.terms.undo is not None:
            return False  # it could not be taken back as long as the call says
        return batch.terms.schedule == entry.terms.schedule


def _micros(at: Any) -> int:
    return -1 if at is None else micros(at)


def _same(one: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[bool]:
    """Whether texts are the same, by position; where both are missing too."""
    left, right = (each.astype(TEXT).fillna("").reset_index(drop=True) for each in (one, other))
    return left.eq(right).set_axis(one.index)
