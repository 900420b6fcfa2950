"""
`smsframe.history`: what the gateway says was sent, held against the journal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.api.docstrings import explained
from smsframe.api.options import announce_journal, journal_of
from smsframe.api.tracebacks import hide_frames
from smsframe.arrow import INSTANT, TEXT
from smsframe.audience.optout_sync import sync
from smsframe.audience.received import aware
from smsframe.campaign.look_ups import order_history
from smsframe.campaign.look_ups.adopt import adopt as adopt_orders
from smsframe.campaign.look_ups.history_check import prefixes
from smsframe.campaign.run_context import RunContext
from smsframe.errors import GatewayError, warn
from smsframe.formatting import many
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway
from smsframe.gateway.stop_list import OptOutGateway
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.orders.addresses import canonical_address
from smsframe.orders.names import normalize_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.api.options import JournalLocation
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal

COLUMNS: dict[str, Any] = {
    "created_at": INSTANT,
    "sms_order_id": TEXT,
    "sms_campaign": TEXT,
    "known": pd.CategoricalDtype(["known", "adopted", "unknown", "other"]),
    "recipients": "Int64",
    "unlisted": "Int64",
    "scheduled_at": INSTANT,
    "message_type": TEXT,
    "sender": TEXT,
}
LONG = timedelta(days=30)
OURS = r"sf-[a-z0-9]{10}-[a-z0-9]{16}"
"""The ids of orders that smsframe sent."""


@hide_frames
@explained(
    since="From when on, a datetime with a time zone; the last 30 days when not given.",
    until="Until when; now when not given.",
    gateway="The `Gateway` that is asked; `Gateway.from_env` when not given.",
    adopt="True takes over the orders that the journal does not know, of its own campaigns; names of "
    "campaigns take over the orders of these, also where the journal was lost: an order id does not say "
    "the name.",
    grace="Seconds within which an order that the gateway took becomes visible to it.",
)
def history(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    adopt: bool | str | Sequence[str] = False,
    grace: float = 30.0,
) -> pd.DataFrame:
    """
    The orders that the gateway says were sent, each with what the journal knows of it.

    Orders that were taken over are accepted, and their people are texted by no later call of that campaign.
    The gateway says who is in an order and what became of each text. It does not say the text, what each
    person's values were, how many segments it had or what it cost; these stay unknown. While an order that
    was taken over lists fewer people than it counts (``unlisted``), nobody of its campaign whom no order
    lists is texted: `smsframe.resume` says how to go on.

    Returns:
        RangeIndex, the oldest first: ``created_at`` (datetime64[us, UTC]), ``sms_order_id``, ``sms_campaign``
        (string; missing where nobody knows), ``known`` (categorical: ``known``, ``adopted``, ``unknown`` to
        this journal, ``other``: not sent by smsframe), ``recipients``, ``unlisted`` (Int64), ``scheduled_at``
        (datetime64[us, UTC]), ``message_type`` and ``sender`` (string).

    Raises:
        Unavailable: Orders are to be taken over, and the gateway did not show its whole history.
        CampaignChanged: It does not say who got an order.
        GatewayError: It did not answer.
        ValueError: An option makes no sense, or the gateway has no history.

    Example:
        >>> smsframe.history(gateway=gateway)["known"].unique().tolist()
        ['known']
    """
    gateway = gateway or Gateway.from_env()
    if not gateway.profile.history:
        raise ValueError("this gateway has no history of orders")
    memory = journal_of(journal, gateway)
    first, last = aware("since", since), aware("until", until)
    first = first or gateway.clock.now() - LONG
    names = [] if isinstance(adopt, bool) else [adopt] if isinstance(adopt, str) else [*adopt]
    names = [normalize_name(name) for name in names]
    context = RunContext(
        gateway=gateway, journal=memory, grace=grace, retry_policy=RetryPolicy(clock=gateway.clock)
    )
    read = order_history.read(gateway, first, context.retry_policy)
    found = _held_against(read.orders, memory, gateway, names)
    if adopt is not False:
        announce_journal(memory)
        for name in dict.fromkeys([*names, *found["sms_campaign"].dropna()]):
            unknown = found["sms_campaign"].eq(name).fillna(value=False) & found["known"].eq("unknown")
            if unknown.any():
                _read_stop_list(memory, gateway, context)
                adopt_orders(name, found[unknown], first, context)
        found = _held_against(read.orders, memory, gateway, names)
        _say_what_is_unknown(found, context)
    if read.problem:
        warn(f"the gateway did not show its whole history of orders ({read.problem}): some may be missing")
    if last is not None:
        found = found[found["created_at"].lt(last)]
    found = found[found["created_at"].ge(first - timedelta(days=1)) | found["created_at"].isna()]
    return found.sort_values("created_at", kind="stable").reset_index(drop=True)


def _read_stop_list(memory: Journal, gateway: GatewayProtocol, context: RunContext) -> None:
    """Read the gateway's own opt-outs into a journal that has no list of the account; say what is lost."""
    if any(context.barred().reads(owner) for owner in memory.optouts.owners()):
        return
    lost = (
        "a journal that is rebuilt from the gateway's history has no list of opt-outs, no suppress= of "
        "earlier calls, nobody who was erased, no variants and no stopped ramp of the lost one"
    )
    if not isinstance(gateway, OptOutGateway):
        warn(f"{lost}, and this gateway has no list of its own: give those who opted out with suppress=")
        return
    owner = OptOutList(gateway.base_url, gateway.account)
    try:
        read = sync(memory.optouts, owner, gateway, context.retry_policy, push=False)
    except GatewayError as error:
        warn(f"{lost}, and the gateway's own list was not read ({error}): call smsframe.optouts.sync first")
        return
    context.say(
        f"{lost}: {many(read.listed, 'number')} of the gateway's own list are on the list of opt-outs now; "
        "give all others with suppress="
    )


def _held_against(
    orders: pd.DataFrame, memory: Journal, gateway: GatewayProtocol, names: Sequence[str]
) -> pd.DataFrame:
    """The frame, of orders as they are listed; ``names`` are campaigns beside those of the journal."""
    ids = orders["order_id"].str.strip().str.lower()
    here = memory.orders.among(ids.dropna().tolist()).set_index("order_id")
    here = here[~here.index.duplicated()].reindex(ids.fillna(""))
    campaigns = memory.campaigns()
    own = campaigns["base_url"].map(canonical_address).eq(canonical_address(gateway.base_url))
    if getattr(gateway, "knows_user_name", True):  # else any account there may be its own
        own &= campaigns["account"].isin([*gateway.identities])
    campaign = here["campaign"].reset_index(drop=True)
    for name in dict.fromkeys([*names, *campaigns["name"][own]]):
        own_ids = ids.str.startswith(prefixes(name, gateway, memory))
        begins = own_ids.fillna(value=False).reset_index(drop=True)
        campaign = campaign.mask(begins & campaign.isna(), name)
    known = pd.Series("unknown", index=range(len(ids)), dtype=object)
    known[~ids.str.fullmatch(OURS).fillna(value=False).to_numpy(dtype=bool)] = "other"
    known[here["campaign"].notna().to_numpy()] = "known"
    known[here["adopted"].eq(other=True).fillna(value=False).to_numpy(dtype=bool)] = "adopted"
    columns = {
        "created_at": orders["create_time"].array,
        "sms_order_id": orders["order_id"].array,
        "sms_campaign": campaign.array,
        "known": known.array,
        "recipients": orders["num_recipients"].astype("Int64").array,
        "unlisted": here["unlisted"].array,
        "scheduled_at": orders["schedule_time"].array,
        "message_type": orders["message_type"].array,
        "sender": orders["sender"].replace("", None).array,
    }
    return pd.DataFrame({name: pd.Series(columns[name]) for name in COLUMNS}).astype(COLUMNS)


def _say_what_is_unknown(found: pd.DataFrame, context: RunContext) -> None:
    adopted = found[found["known"].eq("adopted")]
    if len(adopted):
        unlisted = int(adopted["unlisted"].fillna(0).sum())
        context.say(
            f"{many(len(adopted), 'order')} of other journals taken over: their texts, values, segments and "
            "prices stay unknown"
            + (
                f", and {many(unlisted, 'person', 'people')} whom they count and do not list"
                if unlisted
                else ""
            )
        )
    left = int(found["known"].eq("unknown").sum())
    if left:
        context.say(
            f"{many(left, 'order')} stay unknown here, of campaigns that are not in this journal: "
            "name these with adopt=[...]"
        )
