"""
The story of one recipient: each step that the journal has of their orders, when it was, and its evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.arrow import INSTANT
from smsframe.errors import ContactsError
from smsframe.orders.profile import known_codes
from smsframe.orders.states import Event
from smsframe.outcomes.codes import EXPLANATIONS
from smsframe.outcomes.summary import complete, require_numbers
from smsframe.phones.match import find
from smsframe.planning.consent import consent_words

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe.journal.journal import Journal

STEPS = {
    Event.CLAIMED: "about to be sent: the order is on disk",
    Event.ACCEPTED: "the gateway accepted the order",
    Event.NOT_SENT: "certainly not accepted; sent again after a pause",
    Event.GAVE_UP: "certainly not accepted, several times",
    Event.UNAUTHORISED: "the gateway refused the account",
    Event.WRONG_ADDRESS: "something else than the gateway answered",
    Event.REFUSED: "the gateway refused the order",
    Event.NO_PROOF: "the answer was lost: the order may have been accepted",
    Event.FOUND: "looked up: the gateway has the order, and this number in it",
    Event.FOUND_PART: "looked up: the gateway has the order, and lacks some of its numbers",
    Event.FOUND_OTHER: "looked up: the order id is of other people",
    Event.ABSENT: "looked up: the gateway does not have the order",
    Event.ABSENT_TWICE: "looked up again: the gateway does not have the order, which proves it",
    Event.ABSENT_RETIRED: "looked up again: the gateway does not have it, and it may not go out any more",
    Event.UNANSWERED: "looked up: the gateway did not answer completely",
    Event.LISTED: "the gateway's history lists the order, which this journal had as not sent",
    Event.OWNER_DIED: "the process that sent it had ended: it is looked up",
    Event.PERSON_ACCEPTS: "a person said that it was accepted",
    Event.PERSON_SENDS: "a person said that it may be sent again",
    Event.PERSON_CANCELS: "a person said that it was cancelled",
    Event.CANCEL_CLAIMED: "about to be cancelled: that is on disk",
    Event.CANCEL_TAKEN: "the gateway confirmed the cancellation; a look-up must confirm it too",
    Event.CANCEL_NOT_SENT: "certainly not cancelled: the gateway was not asked",
    Event.CANCEL_NO_PROOF: "asked to cancel the order; the answer proves nothing",
    Event.STILL_SCHEDULED: "looked up: the gateway still lists the order as scheduled",
    Event.NEVER_SENT: "looked up: the gateway says that nobody in the order was sent a text",
    Event.HAS_LEFT: "looked up: the order has left, so it was not cancelled",
    Event.PART_LEFT: "looked up: some of the order's texts have left",
    "adopted": "taken over from another journal",
}
"""What each event of the journal's evidence means for a person in the order."""


def explain(results: pd.DataFrame, row: Hashable, journal: Journal) -> pd.DataFrame:
    """The steps of one row; see `smsframe.explain`."""
    facts = _row(results, row)
    steps = [*_judged(facts), *_journalled(facts, journal)]
    names = ["at", "attempt", "order_id", "step", "evidence"]
    table = pd.DataFrame(steps, columns=names).astype({"attempt": "Int64", "at": INSTANT})
    return table.sort_values("at", kind="stable", na_position="first", ignore_index=True).astype(
        dict.fromkeys(("order_id", "step", "evidence"), "string")
    )


def _row(results: pd.DataFrame, row: Hashable) -> pd.Series[Any]:
    typed = complete(results)
    require_numbers(typed, ())
    labelled = typed[typed.index.isin([row])]
    if len(labelled) != 1:
        found = "no row has" if labelled.empty else f"{len(labelled)} rows have"
        raise ContactsError(f"{found} this label: explain takes the label of one row, as frame.index has it")
    facts: pd.Series[Any] = labelled.iloc[0]
    return facts


def _judged(facts: pd.Series[Any]) -> list[tuple[Any, ...]]:
    """What was said of the row itself, whatever the journal knows."""
    if pd.isna(facts["sms_code"]):
        return []
    reason = None if pd.isna(facts["sms_reason"]) else facts["sms_reason"]
    meaning = EXPLANATIONS.get(str(facts["sms_code"]), "")
    return [(None, None, None, f"{facts['sms_status']}: {meaning}", reason)]


def _journalled(facts: pd.Series[Any], journal: Journal) -> list[tuple[Any, ...]]:
    """What the journal has of the orders of this person, attempt by attempt."""
    campaign = facts["sms_campaign"]
    if pd.isna(campaign) or pd.isna(facts["sms_phone"]):
        return []
    entry = journal.get(str(campaign))
    known = journal.recipients(entry.id, entry.name)
    people = known.people if known.earlier is None else pd.concat([known.earlier, known.people])
    same = find(people["phone"], pd.Series([facts["sms_phone"]], dtype=object)) >= 0
    evidence = journal.evidence(entry.id)
    steps: list[tuple[Any, ...]] = []
    for person in people[same].to_dict("records"):  # the attempts of one person
        if isinstance(person["consent"], str):
            kept = "consent, as it was in the table when the text was planned"
            steps.append((None, person["attempt"], None, kept, consent_words(person["consent"])))
        if person["batch"] < 0:
            continue
        order_id = known.batches["order_id"].iloc[person["batch"]]
        if (allowed := journal.hours(order_id)) is not None:
            begin, end = allowed["hours"]["between"]
            step = f"its time was chosen within the hours {begin} to {end}, {allowed['hours']['days']}"
            steps.append((None, person["attempt"], order_id, step, "; ".join(allowed["local"])))
        for event in evidence[evidence["order_id"].eq(order_id)].to_dict("records"):
            step = STEPS.get(event["event"], event["event"])
            answer = ": ".join(str(event[name]) for name in ("question", "answer") if pd.notna(event[name]))
            steps.append((event["at"], person["attempt"], order_id, step, answer or None))
        code = person["delivery"]
        if not pd.isna(code):
            meaning = f": {known_codes()[code].meaning}" if code in known_codes() else ""
            delivered = person["delivered_at"]
            when = "" if pd.isna(delivered) else f", at {delivered:%Y-%m-%d %H:%M:%S} UTC"
            seen = f"the gateway says {code}{meaning}{when}"
            steps.append((person["seen_at"], person["attempt"], order_id, seen, code))
    return steps
