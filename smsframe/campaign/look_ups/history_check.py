"""
What the gateway knows of a campaign, held against the journal before anything is sent.

A journal that was lost, put back from a backup, or is another machine's does not know who was texted. The
gateway's history does: the order ids of a campaign have one prefix, whichever journal sent it. It is read
first and the journal after it, so that what another process sends meanwhile is in the journal by then.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.arrow import INSTANT, TEXT
from smsframe.campaign.look_ups import order_history
from smsframe.campaign.look_ups.look_up import DAY, EARLIEST, LONG, Known, left_out
from smsframe.errors import CampaignChanged, GatewayError, NotAuthorised, Unavailable
from smsframe.formatting import many
from smsframe.orders import batching
from smsframe.orders.records import Comparison, no_orders
from smsframe.orders.states import TAKEN, State
from smsframe.outcomes.columns import E164

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from smsframe.campaign.look_ups.order_history import History
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.gateway.retry import RetryPolicy
    from smsframe.journal.journal import Journal
    from smsframe.journal.orders.known_orders import KnownOrders
    from smsframe.orders.records import CampaignRecord

MINUTE = 60.0
"""Seconds by which this machine's clock may differ from the gateway's before it is said."""


def prefixes(campaign: str, gateway: GatewayProtocol, *journals: Journal) -> tuple[str, ...]:
    """
    How the order ids of a campaign begin, under every name that the account has, or may have.

    A permanent pair of keys does not say the user name, under which some of these journals may have sent.
    What the history lists is the account's own, so a name too many finds nothing there.
    """
    accounts = [*gateway.identities]
    for journal in () if getattr(gateway, "knows_user_name", True) else journals:
        accounts += journal.orders.accounts(gateway.base_url)
    by_account = (batching.prefixes(campaign, gateway.base_url, each) for each in dict.fromkeys(accounts))
    return tuple(itertools.chain.from_iterable(by_account))


def known_orders(orders: KnownOrders, entry: CampaignRecord, gateway: GatewayProtocol) -> Known:
    """What a journal knows of an account and a campaign, to hold a history against."""
    return Known(
        lambda since: orders.witnesses(entry, since),
        lambda: orders.ids(entry),
        lambda: prefixes(entry.name, gateway),
    )


def compare(
    campaign: str,
    entry: CampaignRecord | None,
    gateway: GatewayProtocol,
    journal: Journal,
    retry_policy: RetryPolicy,
    *,
    adopt: bool,
    grace: float,
    say: Callable[[str], None],
    since: datetime | None = None,
    others: Sequence[Journal] = (),
) -> Comparison:
    """
    Hold the gateway's history against the journal; writes nothing.

    Args:
        campaign: Its name.
        entry: What the journal said of it when the call began: since when its history is asked for.
        gateway: Who is asked.
        journal: What is known of it here.
        retry_policy: For questions that may be asked again.
        adopt: Whether orders that the journal does not know are to be taken over.
        grace: Seconds within which an order that was taken becomes visible.
        say: Tells the user what is worth knowing.
        since: From when on, if that is earlier than what is read otherwise.
        others: More journals, which may know the account under another name.

    Raises:
        Unavailable: The gateway did not say completely; nothing may be sent.
        CampaignChanged: It has orders of the campaign that this journal does not know, and they are not to be
            taken over, or cannot be.
    """
    if not gateway.profile.history:
        if entry is None:
            say(
                f"this gateway has no history of orders: if campaign {campaign!r} was sent before from "
                "another journal, its people are texted again"
            )
        return Comparison(doubted=_given_up(journal.orders.of(campaign), gateway, retry_policy))
    comparison = _Compared(campaign, gateway, (journal, *others), retry_policy, entry, since)
    if comparison.differences:  # this journal is not the latest, so the latest orders may not be visible yet
        if len(comparison.unknown) and not adopt:
            raise comparison.changed(
                "name its journal with journal=; or, if that is lost, take the orders over with adopt=True"
            )
        retry_policy.sleep(grace)
        comparison = _Compared(campaign, gateway, (journal, *others), retry_policy, entry, since)
    date = comparison.history.date
    if (
        date is not None
        and abs(clock_difference := (retry_policy.clock.now() - date).total_seconds()) > MINUTE
    ):
        direction = "ahead of" if clock_difference > 0 else "behind"
        say(
            f"warning: this machine's clock is {timedelta(seconds=round(abs(clock_difference)))} "
            f"{direction} the gateway's"
        )
    return Comparison(date, comparison.doubted, comparison.recipients(adopt=adopt))


def _given_up(known: pd.DataFrame, gateway: GatewayProtocol, retry_policy: RetryPolicy) -> pd.Series[Any]:
    """
    Where no history lists them: the orders that were given up as not taken, and that the gateway has.

    Something on the way may have denied them. Their people may be cut into other orders, under ids that the
    gateway does not know, so it is asked about each of these few before.
    """
    order_ids = known["order_id"][known["state"].eq(State.PLANNED) & known["claimed"]]
    states = [retry_policy.ask(partial(gateway.state, order)) for order in order_ids]
    absent = [state.recipients is None and state.own for state in states]
    return order_ids[~np.array(absent, dtype=bool)]


class _Compared:
    """A history that was read, and what the journal had right after."""

    def __init__(
        self,
        campaign: str,
        gateway: GatewayProtocol,
        journals: tuple[Journal, ...],
        retry_policy: RetryPolicy,
        entry: CampaignRecord | None,
        since: datetime | None = None,
    ) -> None:
        self._campaign, self._gateway, self._retry_policy = campaign, gateway, retry_policy
        self.history = _complete(gateway, entry, retry_policy, since)
        ids = self.history.ids
        begins = prefixes(campaign, gateway, *journals)
        listed = self.history.orders[ids.str.startswith(begins).fillna(value=False)]
        known = journals[0].orders.of(campaign)
        here = known[known["order_id"].str.lower().isin(ids)]
        self.unknown = listed[~_lowercase(listed).isin(here["order_id"].str.lower())]
        taken = here["state"].isin([*TAKEN, State.SENDING, State.UNCONFIRMED]) | here["settled"]
        self.doubted = here["order_id"][~taken & here["people"].gt(0)]
        # An order of ours whose people have gone to other orders since: who got it only the gateway can say.
        without_people = here["order_id"][~taken & here["people"].eq(0)]
        self._refused = listed[_lowercase(listed).isin(without_people.str.lower())]
        unlisted = known[known["unlisted"].gt(0)]
        self._incomplete = unlisted.assign(num_recipients=unlisted["people"] + unlisted["unlisted"])

    @property
    def differences(self) -> int:
        """Orders that this journal should know otherwise."""
        return len(self.unknown) + len(self.doubted) + len(self._refused)

    def recipients(self, *, adopt: bool) -> pd.DataFrame:
        """The orders to be taken over, or to be completed, with their people."""
        if len(self.unknown) and not adopt:
            raise self.changed("call again")  # they came meanwhile
        asked = [
            *(self._people(order) for part in (self.unknown, self._refused) for order in part.itertuples()),
            *(self._people(order, counts_refused=False) for order in self._incomplete.itertuples()),
        ]
        if not asked:
            return no_orders()
        # Somebody whom two orders list has two attempts; one that left them out is none.
        people = pd.concat(asked, ignore_index=True).sort_values("create_time", kind="stable")
        elsewhere = people["phone"].isin(people["phone"][people["refused"].isna()])
        return people[people["phone"].isna() | people["refused"].isna() | ~elsewhere]

    def _people(self, order: Any, *, counts_refused: bool = True) -> pd.DataFrame:
        """
        Who is in an order, by its state; nobody knows whether it allowed refused numbers to be left out.

        ``counts_refused``: whether those may be among the recipients that are counted.
        """
        state = self._retry_policy.ask(lambda: self._gateway.state(order.order_id)).recipients
        phones = pd.Series([None], dtype=TEXT) if state is None or state.empty else state["phone"]
        if not phones.dropna().str.fullmatch(E164).all() or (len(phones) > 1 and phones.isna().any()):
            raise self.changed(f"it does not say who got {order.order_id}")
        phones = phones.drop_duplicates()
        refused = pd.Series(dtype=TEXT)
        if state is not None:
            refused = left_out(state, state.dropna(subset="phone"), self._gateway.profile.refused)
        # Where the history does not count, nobody knows that the list is whole.
        counted = order.num_recipients
        listed = int(phones.notna().sum()) - (0 if counts_refused else len(refused))
        unlisted = 1 if pd.isna(counted) else max(0, int(counted) - listed)
        return pd.DataFrame(
            {
                "order_id": order.order_id,
                "create_time": pd.Series(order.create_time, phones.index, INSTANT),
                "schedule_time": pd.Series(order.schedule_time, phones.index, INSTANT),
                "phone": phones,
                "refused": phones.map(refused).astype(TEXT),
                "unlisted": unlisted,
            }
        )

    def changed(self, advice: str) -> CampaignChanged:
        """There are orders that this journal does not know."""
        orders = self.unknown
        people, last = int(orders["num_recipients"].sum()), orders["create_time"].max()
        sent_last = "" if pd.isna(last) else f", the last one of {last:%Y-%m-%d %H:%M} UTC"
        return CampaignChanged(
            f"campaign {self._campaign!r}: the gateway has {many(len(orders), 'order')} of it that this "
            f"journal does not know, to {many(people, 'recipient')}{sent_last} (see .orders); nothing was "
            f"sent: {advice}",
            campaign=self._campaign,
            recipients=people,
            before="orders of another journal",
            now="a campaign that this journal does not know whole",
            orders=orders.drop(columns="schedule_time").reset_index(drop=True),
        )


def _lowercase(orders: pd.DataFrame) -> pd.Series[Any]:
    return orders["order_id"].str.strip().str.lower()


def _complete(
    gateway: GatewayProtocol,
    entry: CampaignRecord | None,
    retry_policy: RetryPolicy,
    earliest: datetime | None,
) -> History:
    """
    The history since the campaign was last compared, else of 30 days; since ``earliest`` if that is before.

    From when it is asked is said in the gateway's own time: this machine's clock may be days ahead.
    """
    since = _since(entry, retry_policy.clock.now())
    since = since if earliest is None else min(since, earliest)
    try:
        history = order_history.read(gateway, since, retry_policy)
        if history.date is None:
            history = order_history.read(gateway, EARLIEST, retry_policy)
        elif (wanted := _since(entry, history.date)) < since - timedelta(seconds=MINUTE):
            history = order_history.read(gateway, wanted, retry_policy)
    except (NotAuthorised, Unavailable):
        raise
    except GatewayError as error:
        raise _unavailable(str(error), error.status) from None
    if not history.complete:
        raise _unavailable(history.problem, None)
    return history


def _since(entry: CampaignRecord | None, now: datetime) -> datetime:
    if entry is None:
        return now - LONG
    if entry.compared_at is None:  # of an earlier version, by this machine's clock
        return min(entry.created_at - DAY, now - LONG)
    return min(entry.compared_at, now) - DAY


def _unavailable(why: str, status: int | None) -> Unavailable:
    return Unavailable(
        f"the gateway did not show its whole history of orders ({why}), so nobody knows whether somebody was "
        "texted from another journal; nothing was sent, call again later",
        status=status,
    )
