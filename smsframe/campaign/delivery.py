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
from smsframe.outcomes.columns import COLUMNS, DTYPES, attach
from smsframe.outcomes.summary import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import Patience

log = logging.getLogger("smsframe")


def refresh(
    results: pd.DataFrame,
    gateway: GatewayProtocol,
    *,
    workers: int,
    patience: Patience,
    report: Callable[[int], None],
) -> pd.DataFrame:
    """
    Ask for the delivery state of every order that has a row without a final one; see `smsframe.refresh`.

    ``report`` is told how many orders were answered.
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
        found = patience.ask(lambda: gateway.state(order)).recipients
        report(1)
        return None if found is None else found.assign(order=order)

    with ThreadPoolExecutor(workers, thread_name_prefix="smsframe") as pool:
        answers = list(pool.map(state, orders))
    found = {order: answer for order, answer in zip(orders, answers, strict=True) if answer is not None}
    if len(found) < len(answers):
        log.warning("the gateway does not know %d of %d orders", len(answers) - len(found), len(answers))
    if found:
        waiting = gateway.profile.codes(Stage.WAITING)
        rows = _named(_joined(rows, asked, pd.concat([*found.values()]), waiting), asked, found)
    return rows.set_axis(results.index)


def _joined(
    rows: pd.DataFrame, asked: pd.Series[bool], states: pd.DataFrame, waiting: list[str]
) -> pd.DataFrame:
    # A number that is twice in one order cannot be told apart (and our own orders hold each once).
    numbered = states[states["phone"].notna()]
    by_person = numbered.drop_duplicates(["order", "phone"]).set_index(["order", "phone"])
    keys = pd.MultiIndex.from_arrays([rows["sms_order_id"].astype(object), rows["sms_phone"].astype(object)])
    by_person.index = pd.MultiIndex.from_arrays(
        [by_person.index.get_level_values(i).astype(object) for i in (0, 1)]
    )
    told = by_person.reindex(keys).set_axis(rows.index)
    take = asked & told["delivery"].notna()
    for ours, theirs in (("sms_delivery", "delivery"), ("sms_delivered_at", "delivered_at")):
        rows[ours] = rows[ours].where(~take, told[theirs]).astype(DTYPES[ours])
    if "sms_status" in rows:
        gone = take & rows["sms_status"].eq("scheduled") & ~rows["sms_delivery"].isin(waiting)
        rows["sms_status"] = rows["sms_status"].mask(gone, "accepted")
    return rows


def _named(rows: pd.DataFrame, asked: pd.Series[bool], states: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say of whom an order lacks that nobody knows whether they have a text, and of who is back that they
    do.
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
    there = pd.Series(pairs.isin(listed), index=rows.index)
    code = "missing_from_order"
    lacks = answered & ~there & rows["sms_status"].isin(["accepted", "scheduled"])
    back = answered & there & rows["sms_code"].eq(code).fillna(value=False)
    said = {"sms_status": "unconfirmed", "sms_code": code, "sms_reason": CODES[code]}
    found = {"sms_status": "accepted", "sms_code": None, "sms_reason": None}
    for name, value in said.items():
        changed = rows[name].astype(object).mask(lacks, value).mask(back, found[name])
        rows[name] = changed.astype(DTYPES[name])
    return rows
