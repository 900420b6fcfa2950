"""
A campaign that is new to this journal but not to the gateway: refused, or taken over when asked for.

A lost journal, or another machine's, is the one way to text people twice that this journal cannot see. The
gateway's history can: the order ids of a campaign begin alike, whoever sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.errors import CampaignChanged, GatewayError
from smsframe.order import prefix
from smsframe.reasons import many
from smsframe.reconcile import earlier_orders
from smsframe.schema import E164, STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsframe.gateway import Gateway
    from smsframe.patience import Patience


def earlier(
    campaign: str,
    gateway: Gateway,
    patience: Patience,
    *,
    adopt: bool,
    grace: float,
    begun: Callable[[], bool],
    say: Callable[[str], None],
) -> pd.DataFrame:
    """
    Who has a text of a campaign that this journal does not know, by what the gateway says of 30 days.

    Args:
        campaign: Its name.
        gateway: Who is asked.
        patience: For questions that may be asked again.
        adopt: Whether such orders are to be taken over.
        grace: Seconds within which an order that was taken becomes visible.
        begun: Whether this journal knows of an order of the campaign; nobody is asked then.
        say: Tells the user that the gateway did not say.

    Returns:
        ``order_id``, ``create_time``, ``schedule_time`` (UTC), ``phone``: a row per recipient; none when the
        campaign is new to the gateway too.

    Raises:
        CampaignChanged: There are such orders, and they are not to be taken over, or cannot be.
    """
    if begun():
        return nobody()
    begins = prefix(campaign, gateway.base_url, gateway.account)
    try:
        orders, complete = earlier_orders(gateway, begins, patience)
    except GatewayError:
        orders, complete = pd.DataFrame(), False
    if orders.empty and not complete:
        say(
            f"warning: the gateway did not say whether campaign {campaign!r} was sent before from another "
            "journal; if it was, its people may be texted again"
        )
    if orders.empty or begun():  # by another process, meanwhile
        return nobody()
    people = int(orders["num_recipients"].sum())
    last = orders["create_time"].max()
    when = "" if pd.isna(last) else f", the last one of {last:%Y-%m-%d %H:%M} UTC"
    told = (
        f"campaign {campaign!r} is new to this journal, but the gateway has {many(len(orders), 'order')} of "
        f"it, to {many(people, 'recipient')}{when} (see .orders); nothing was sent"
    )
    if not adopt:
        way = "name its journal with journal=; or, if that is lost, take the orders over with adopt=True"
        raise _changed(f"{told}: {way}", campaign, orders)
    patience.sleep(grace)  # the last ones may not have been visible yet
    orders, complete = earlier_orders(gateway, begins, patience)
    if not complete:
        raise _changed(f"{told}: its history changed while it was read, call again", campaign, orders)
    return _rows(
        [_recipients(order, told, campaign, orders, gateway, patience) for order in orders.itertuples()]
    )


def _recipients(
    order: Any, told: str, campaign: str, orders: pd.DataFrame, gateway: Gateway, patience: Patience
) -> pd.DataFrame:
    state = patience.ask(lambda: gateway.state(order.order_id))
    if state is None or state.empty or not state["phone"].str.fullmatch(E164).fillna(value=False).all():
        raise _changed(f"{told}: it does not say who got {order.order_id}", campaign, orders)
    return state[["phone"]].assign(
        order_id=order.order_id, create_time=order.create_time, schedule_time=order.schedule_time
    )


def nobody() -> pd.DataFrame:
    """As `earlier`, of a campaign that is new to the gateway, or known to the journal."""
    return pd.DataFrame({"order_id": [], "create_time": [], "schedule_time": [], "phone": []}, dtype=STRING)


def _rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    # Of somebody whom two orders list the earlier one counts.
    return pd.concat(parts, ignore_index=True).sort_values("create_time").drop_duplicates("phone")


def _changed(message: str, campaign: str, orders: pd.DataFrame) -> CampaignChanged:
    return CampaignChanged(
        message,
        campaign=campaign,
        recipients=int(orders["num_recipients"].sum()),
        before="orders of another journal",
        now="a new campaign",
        orders=orders.drop(columns="schedule_time"),
    )
