"""
Delivery states as the gateway says them, joined to rows; and which orders have rows that wait for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from smsframe.orders.delivery_codes import Stage
from smsframe.orders.states import CALLED_BACK, CANCEL_OPEN, State
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, DTYPES, attach
from smsframe.outcomes.deliveries import explain_deliveries
from smsframe.outcomes.summary import require_numbers
from smsframe.phones.match import keys as persons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smsframe.journal.orders.deliveries import OrderAnswer
    from smsframe.orders.profile import GatewayProfile


LISTED = f"{CODES['unconfirmed']}: the gateway lists it, resume confirms it"
"""The reason of a row whose order is unconfirmed, and was found when its delivery was asked for."""


def with_delivery_columns(results: pd.DataFrame) -> pd.DataFrame:
    """
    The rows by position, with what is asked for and joined in its columns.

    Raises:
        ContactsError: There are no numbers or no order ids.
    """
    rows = require_numbers(results, ("sms_order_id", "sms_phone")).reset_index(drop=True)
    # An export of an older version has other columns in another order; two columns alone stay as they are.
    whole = "sms_status" in rows
    for name in COLUMNS if whole else ("sms_delivery", "sms_delivered_at"):
        if name not in rows:
            rows[name] = pd.Series(None, index=rows.index, dtype=DTYPES[name])
    return attach(rows, rows[list(COLUMNS)]) if whole else rows


def with_cancellations(
    rows: pd.DataFrame, states: Mapping[str, State], profile: GatewayProfile
) -> pd.DataFrame:
    """
    The rows with what the journal knows of orders that a person wanted cancelled, also if they were not.

    Args:
        rows: As `with_delivery_columns` gives them.
        states: Of scheduled orders, by order id.
        profile: The gateway's.
    """
    if not states or not {"sms_status", "sms_code", "sms_reason"} <= {*rows.columns}:
        return rows
    state = rows["sms_order_id"].astype(object).map(dict(states))
    left = rows["sms_delivery"].isin([code for code, known in profile.delivery.items() if known.left])
    not_cancelled = state.eq(State.ACCEPTED) & rows["sms_code"].eq("cancelling").fillna(value=False)
    outcomes = (
        (not_cancelled, "scheduled", None),  # its delivery code says whether it has left
        (state.isin(CALLED_BACK) & left, "accepted", None),
        (state.isin(CANCEL_OPEN) & ~left, "unconfirmed", "cancelling"),
        (state.eq(State.CANCELLED) & ~left, "cancelled", "cancelled"),
    )
    rows = rows.copy()
    for where, status, code in outcomes:
        said = {"sms_status": status, "sms_code": code, "sms_reason": code and CODES[code]}
        changed = where & rows["sms_code"].ne(code or "").fillna(value=True)  # a reason may say more
        for name, value in said.items():
            rows[name] = rows[name].astype(object).mask(changed, value).astype(DTYPES[name])
    return explain_deliveries(rows)


def orders_to_ask(rows: pd.DataFrame, profile: GatewayProfile) -> list[str]:
    """The orders with a row whose last state the gateway has not said yet."""
    return [*rows.loc[_asked(rows, profile), "sms_order_id"].unique()]


def orders_to_ask_again(
    rows: pd.DataFrame, answered: Sequence[str], profile: GatewayProfile, types: Mapping[str, str]
) -> list[str]:
    """
    Of the orders that the gateway knows those with a row that may still get another state.

    Whom an order does not list gets none. A message type without delivery reports gets none after the code
    that says "sent".

    Args:
        rows: The rows, with the states that were said.
        answered: The orders that the gateway knows.
        profile: The gateway's.
        types: The message type of each order, as far as it is known.
    """
    order = rows["sms_order_id"].astype(object)
    without_reports = order.map(dict(types)).isin(profile.types_without_reports)
    waits = _asked(rows, profile) & order.isin([*answered])
    waits &= ~(without_reports & rows["sms_delivery"].isin(profile.last_without_reports))
    if "sms_status" in rows:
        waits &= rows["sms_status"].isin(["accepted", "scheduled"])
    return [*rows.loc[waits, "sms_order_id"].unique()]


def _asked(rows: pd.DataFrame, profile: GatewayProfile) -> pd.Series[bool]:
    """Which rows have an order, and not the last state yet."""
    asked = rows["sms_order_id"].notna() & ~rows["sms_delivery"].isin(profile.final)
    if "sms_status" in rows:  # of those orders the gateway has nothing
        asked &= ~rows["sms_status"].isin(["rejected", "cancelled"])
    return asked


def join_answers(
    rows: pd.DataFrame, orders: Sequence[str], answers: Sequence[OrderAnswer], profile: GatewayProfile
) -> pd.DataFrame:
    """
    The rows with what was said of their orders.

    Args:
        rows: As `with_delivery_columns` gives them.
        orders: The orders that were asked for.
        answers: What the gateway said of those that it knows.
        profile: The gateway's.
    """
    if not answers:
        return rows
    asked = _asked(rows, profile) & rows["sms_order_id"].isin(orders)
    states = pd.concat([answer.recipients.assign(order=answer.order_id) for answer in answers])
    rows = _with_deliveries(rows, asked, states)
    if not {"sms_status", "sms_code", "sms_reason"} <= {*rows.columns}:
        return rows
    tells_all = [answer.order_id for answer in answers if answer.tells_all]
    rows = _with_missing_people(rows, asked, states, tells_all, [a.order_id for a in answers], profile)
    return explain_deliveries(rows)


def _with_deliveries(rows: pd.DataFrame, asked: pd.Series[bool], states: pd.DataFrame) -> pd.DataFrame:
    """The rows with the delivery of their order's recipients, by order id and number."""
    # Two rows of one number in one order cannot be distinguished (our own orders have each number once).
    numbered = states[states["phone"].notna()]
    said = pd.MultiIndex.from_arrays([numbered["order"].astype(object), persons(numbered["phone"])])
    by_person = numbered[~said.duplicated()].set_axis(said[~said.duplicated()])
    asked_of = pd.MultiIndex.from_arrays([rows["sms_order_id"].astype(object), persons(rows["sms_phone"])])
    latest = by_person.reindex(asked_of).set_axis(rows.index)
    known = asked & latest["delivery"].notna()
    if "sms_status" in rows:  # of an order in doubt the journal keeps none either
        in_order = rows["sms_status"].isin(["accepted", "scheduled"])
        known &= in_order | rows["sms_code"].isin(["missing_from_order", "cancelling"])
    for column, source in (("sms_delivery", "delivery"), ("sms_delivered_at", "delivered_at")):
        rows[column] = rows[column].where(~known, latest[source]).astype(DTYPES[column])
    return rows


def _with_missing_people(
    rows: pd.DataFrame,
    asked: pd.Series[bool],
    states: pd.DataFrame,
    tells_all: Sequence[str],
    answered: Sequence[str],
    profile: GatewayProfile,
) -> pd.DataFrame:
    """
    The rows with a status for people whom their order does not list, or lists again.

    Nobody knows whether the former have a text; the latter do, unless they are listed as left out, which the
    next call that goes on with the campaign finds. An order that names somebody by less than a whole number,
    as one that hides digits, does not say whom it lacks. An order that is unconfirmed as a whole stays so, as
    it does in the journal, which is not written to here: its rows say what confirms it.
    """
    order = rows["sms_order_id"].astype(object)
    pairs = pd.MultiIndex.from_arrays([order, persons(rows["sms_phone"])])
    numbered = states[states["phone"].notna()]
    listed = pd.MultiIndex.from_arrays([numbered["order"].astype(object), persons(numbered["phone"])])
    present = pd.Series(pairs.isin(listed), index=rows.index)
    code = "missing_from_order"
    missing = asked & order.isin(tells_all) & ~present & rows["sms_status"].isin(["accepted", "scheduled"])
    back = asked & order.isin(answered) & present & rows["sms_code"].eq(code).fillna(value=False)
    back &= ~rows["sms_delivery"].isin(profile.refused)
    scheduled = rows["sms_scheduled_at"].notna() & rows["sms_delivery"].isin(profile.codes(Stage.WAITING))
    status = pd.Series("accepted", index=rows.index).mask(scheduled, "scheduled")
    values_if_missing = {"sms_status": "unconfirmed", "sms_code": code, "sms_reason": CODES[code]}
    values_if_found = {"sms_status": status, "sms_code": None, "sms_reason": None}
    for name, value in values_if_missing.items():
        changed = rows[name].astype(object).mask(missing, value).mask(back, values_if_found[name])
        rows[name] = changed.astype(DTYPES[name])
    in_doubt = rows["sms_status"].eq("unconfirmed") & rows["sms_code"].eq("unconfirmed").fillna(value=False)
    rows["sms_reason"] = rows["sms_reason"].mask(asked & order.isin(answered) & present & in_doubt, LISTED)
    return rows
