"""
Delivery states, asked for later and joined to the same rows.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.orders.delivery_codes import Stage
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import COLUMNS, DTYPES, E164, attach
from smsframe.outcomes.summary import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.orders.profile import GatewayProfile

log = logging.getLogger("smsframe")

LISTED = f"{CODES['unconfirmed']}: the gateway lists it, resume confirms it"
"""The reason of a row whose order is unconfirmed, and was found when its delivery was asked for."""


def refresh(
    results: pd.DataFrame,
    gateway: GatewayProtocol,
    *,
    workers: int,
    retry_policy: RetryPolicy,
    report: Callable[[int], None],
) -> pd.DataFrame:
    """
    Ask for the delivery state of every order that has a row without a final one; see `smsframe.refresh`.

    ``report`` is called with 1 after each order that the gateway was asked for.
    """
    rows = require(results, ("sms_order_id", "sms_phone")).reset_index(drop=True)
    # An export of an older version has other columns in another order; two columns alone stay as they are.
    whole = "sms_status" in rows
    for name in COLUMNS if whole else ("sms_delivery", "sms_delivered_at"):
        if name not in rows:
            rows[name] = pd.Series(None, index=rows.index, dtype=DTYPES[name])
    if whole:
        rows = attach(rows, rows[list(COLUMNS)])
    final = rows["sms_delivery"].isin(gateway.profile.final)
    asked = rows["sms_order_id"].notna() & ~final
    if "sms_status" in rows:
        asked &= ~rows["sms_status"].isin(["rejected"])  # the gateway never took those orders
    orders = rows.loc[asked, "sms_order_id"].unique()

    def state(order: str) -> pd.DataFrame | None:
        recipients = retry_policy.ask(lambda: gateway.state(order)).recipients
        report(1)
        return None if recipients is None else recipients.assign(order=order)

    with ThreadPoolExecutor(workers, thread_name_prefix="smsframe") as pool:
        answers = list(pool.map(state, orders))
    states = {order: answer for order, answer in zip(orders, answers, strict=True) if answer is not None}
    if len(states) < len(answers):
        log.warning("the gateway does not know %d of %d orders", len(answers) - len(states), len(answers))
    if states:
        waiting = gateway.profile.codes(Stage.WAITING)
        rows = _with_deliveries(rows, asked, pd.concat([*states.values()]), waiting)
        rows = _with_missing_people(rows, asked, states, gateway.profile)
    return rows.set_axis(results.index)


def _with_deliveries(
    rows: pd.DataFrame, asked: pd.Series[bool], states: pd.DataFrame, waiting: list[str]
) -> pd.DataFrame:
    """The rows with the delivery of their order's recipients, by order id and number."""
    # A number that is twice in one order cannot be told apart (and our own orders hold each once).
    numbered = states[states["phone"].notna()]
    by_person = numbered.drop_duplicates(["order", "phone"]).set_index(["order", "phone"])
    # As objects on both sides: strings of different dtypes do not match in an index.
    keys = pd.MultiIndex.from_arrays([rows["sms_order_id"].astype(object), rows["sms_phone"].astype(object)])
    by_person.index = pd.MultiIndex.from_arrays(
        [by_person.index.get_level_values(level).astype(object) for level in (0, 1)]
    )
    latest = by_person.reindex(keys).set_axis(rows.index)
    known = asked & latest["delivery"].notna()
    for column, source in (("sms_delivery", "delivery"), ("sms_delivered_at", "delivered_at")):
        rows[column] = rows[column].where(~known, latest[source]).astype(DTYPES[column])
    if "sms_status" in rows:
        sent = known & rows["sms_status"].eq("scheduled") & ~rows["sms_delivery"].isin(waiting)
        rows["sms_status"] = rows["sms_status"].mask(sent, "accepted")
    return rows


def _with_missing_people(
    rows: pd.DataFrame, asked: pd.Series[bool], states: dict[str, pd.DataFrame], profile: GatewayProfile
) -> pd.DataFrame:
    """
    The rows with a status for people whom their order does not list, or lists again.

    Nobody knows whether the former have a text; the latter do, unless they are listed as left out, which the
    next call that goes on with the campaign finds. An order that names somebody by less than a whole number,
    as one that hides digits, does not say whom it lacks. An order that is unconfirmed as a whole stays so, as
    it does in the journal, which is not written to here: its rows say what confirms it.
    """
    if not {"sms_status", "sms_code", "sms_reason"} <= {*rows.columns}:
        return rows
    order, phone = (rows[name].astype(object) for name in ("sms_order_id", "sms_phone"))
    pairs = pd.MultiIndex.from_arrays([order, phone])
    listed = pd.MultiIndex.from_tuples(
        [(name, number) for name, state in states.items() for number in state["phone"].dropna()],
        names=["order", "phone"],
    )
    answered = asked & order.isin([*states])
    present = pd.Series(pairs.isin(listed), index=rows.index)
    code = "missing_from_order"
    whole = [
        name for name, state in states.items() if state["phone"].str.fullmatch(E164).eq(other=True).all()
    ]
    missing = answered & order.isin(whole) & ~present & rows["sms_status"].isin(["accepted", "scheduled"])
    back = answered & present & rows["sms_code"].eq(code).fillna(value=False)
    back &= ~rows["sms_delivery"].isin(profile.refused)
    scheduled = rows["sms_scheduled_at"].notna() & rows["sms_delivery"].isin(profile.codes(Stage.WAITING))
    status = pd.Series("accepted", index=rows.index).mask(scheduled, "scheduled")
    values_if_missing = {"sms_status": "unconfirmed", "sms_code": code, "sms_reason": CODES[code]}
    values_if_found = {"sms_status": status, "sms_code": None, "sms_reason": None}
    for name, value in values_if_missing.items():
        changed = rows[name].astype(object).mask(missing, value).mask(back, values_if_found[name])
        rows[name] = changed.astype(DTYPES[name])
    in_doubt = rows["sms_status"].eq("unconfirmed") & rows["sms_code"].eq("unconfirmed").fillna(value=False)
    rows["sms_reason"] = rows["sms_reason"].mask(answered & present & in_doubt, LISTED)
    return rows
