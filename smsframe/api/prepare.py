"""
Functions that cost nothing and need no network: read, check, plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from smsframe.api.docstrings import explained
from smsframe.api.notices import (
    log_if_at_night,
    warn_if_guessed,
    warn_if_replaced,
    warn_if_supplied,
    warn_of_other_lists,
    warn_of_our_names,
)
from smsframe.api.options import journal_of, suppressed_numbers, with_policy
from smsframe.api.tracebacks import hide_frames
from smsframe.clock import SYSTEM
from smsframe.contacts import read
from smsframe.contacts.columns import find_phone
from smsframe.contacts.suppression import valid_until
from smsframe.contacts.tables import ArrowTable, as_frame
from smsframe.gateway import environment
from smsframe.gateway.balance import RememberingGateway
from smsframe.orders.records import Now
from smsframe.phones import parse
from smsframe.planning.check import check as check_contacts
from smsframe.planning.options import PlanOptions
from smsframe.planning.problems import remember_use
from smsframe.texts import segments as text_segments

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import datetime, timedelta

    import pandas as pd

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.journal.people.barred import Barred
    from smsframe.orders.hours import Hours
    from smsframe.orders.records import CampaignRecord
    from smsframe.outcomes.schema import ContactsSchema
    from smsframe.planning.plan import Plan

read_contacts = hide_frames(read.read_contacts)
normalize = hide_frames(parse.normalize)
segments = hide_frames(text_segments.segments)


@hide_frames
@explained(PlanOptions)
def check(
    contacts: pd.DataFrame | ArrowTable,
    phone: Hashable | None = None,
    *,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppress: Suppress | None = None,
) -> pd.DataFrame:
    """
    Check who could be texted, and why the others could not; never raises for a bad row.

    Returns:
        The contacts with four result columns (`CheckedSchema`), same rows, same index: ``sms_status``, which
        is ``ready``, ``invalid``, ``duplicate`` or ``suppressed``, ``sms_reason``, ``sms_phone`` and
        ``sms_code``.

    Raises:
        ContactsError: The table as a whole cannot be read: no such column, several that fit, a rule that
            cannot be applied.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+39 347 123 4567", "347 12"]})
        >>> smsframe.check(people, phone="mobile", region="IT")["sms_status"].tolist()
        ['ready', 'invalid']
    """
    contacts = as_frame(contacts)
    column, guessed = find_phone(contacts, phone)
    warn_if_guessed(column, guessed=guessed)
    checked, supplied = check_contacts(
        contacts,
        column,
        region=region,
        numbers=numbers,
        schema=schema,
        suppressed=suppressed_numbers(suppress, region, contacts.columns),
    )
    warn_if_supplied(supplied, region)
    warn_of_our_names(contacts, checked, column, PlanOptions(region=region, schema=schema))
    return checked


@hide_frames
@explained(
    PlanOptions,
    contacts="The people to text, one per row, in any frame; the plan keeps a snapshot.",
    gateway="The gateway that it is planned for: its own journal is read, if it has one, and the campaign "
    "must be its own; nothing is asked of it.",
)
def plan(
    contacts: pd.DataFrame | ArrowTable,
    text: str | Mapping[Any, str | None],
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str | None = None,
    quality: Literal["high", "medium", "low"] = "high",
    message_type: str | None = None,
    schedule: datetime | Hours | Hashable | None = None,
    undo: timedelta | str | float | None = None,
    ramp: str | None = None,
    suppress: Suppress | None = None,
    policy: Policy | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    text_fix: Literal["gsm", "gsm+letters"] | None = None,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> Plan:
    """
    See it before you pay: who gets what, in how many segments, for how many credits, and who does not.

    Free: no network. The journal is read, if there is one, for who was already texted in the campaign.

    Returns:
        A `Plan`: attributes, a one-line repr, a card in notebooks; ``.frame`` is the frame, row by row,
        with the columns of `check` and ``sms_segments`` (`PlannedSchema`).

    Raises:
        ContactsError: The table as a whole cannot be read.
        TextError: The text cannot be used with this table.
        CampaignChanged: The campaign belongs to another gateway than ``gateway``.
        ValueError: A parameter makes no sense.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> smsframe.plan(people, "Ciao {name}", phone="mobile")
        <smsframe.Plan (no campaign): text 1 person, 1 segment, 1 credit, 1 order>
    """
    # All parameters of this call by name: `PlanOptions` takes those that are its own, so a new one is not
    # passed on by hand. (`pandas.read_csv` does the same.)
    options = PlanOptions.of(locals())
    return make_plan(contacts, text, options, gateway=gateway, journal=journal_of(journal, gateway))


def barred_by(
    gateway: GatewayProtocol | None, journal: Journal, entry: CampaignRecord | None = None
) -> Barred:
    """
    Who may not be texted: by the lists of the gateway that is given, that a campaign belongs to, or that the
    environment names; of all gateways where none of them is known.
    """
    from smsframe.gateway.smsend import Gateway  # noqa: PLC0415 - a check waits for neither
    from smsframe.journal.people.barred import Barred  # noqa: PLC0415

    campaign = 0 if entry is None else entry.id
    if gateway is None and entry is not None:
        account = entry.account
        return Barred.of(journal, entry.base_url, lambda: [account], clock=SYSTEM).within(campaign)
    if gateway is None and environment.missing() is None:
        gateway = Gateway.from_env()
    if gateway is None:
        return Barred.of(journal, None, tuple, clock=SYSTEM)
    barred = Barred.of(
        journal,
        gateway.base_url,
        lambda: gateway.identities,
        others=not getattr(gateway, "knows_user_name", True),
        own=gateway.journal,
        clock=gateway.clock,
    )
    return barred.within(campaign)


def make_plan(
    contacts: pd.DataFrame | ArrowTable,
    text: str | Mapping[Any, str | None],
    options: PlanOptions,
    *,
    gateway: GatewayProtocol | None,
    journal: Journal,
) -> Plan:
    """Make a plan with what the journal knows of the campaign; see `plan`."""
    from smsframe.journal.campaigns.conflicts import require_same_gateway  # noqa: PLC0415 - a check waits for neither
    from smsframe.journal.privacy.purging import require_open  # noqa: PLC0415
    from smsframe.planning import build  # noqa: PLC0415

    contacts, options = as_frame(contacts), with_policy(options)
    clock = SYSTEM if gateway is None else gateway.clock
    with journal.reading():  # of everything, as it was at one moment
        stored = journal.read(options.campaign) if options.campaign else None
        if stored:
            require_open(stored.entry)
        if stored and gateway:
            require_same_gateway(stored.entry, gateway.base_url, gateway.account)
        barred = barred_by(gateway, journal, stored and stored.entry)
        used = barred.used
        suppressed = suppressed_numbers(options.suppress, options.region, contacts.columns, clock.now())
        planned = build.plan(
            contacts,
            text,
            options,
            suppressed=suppressed,
            barred=barred.find,
            texted=barred.texted,
            erased=barred.erased(options.campaign),
            profile=environment.profile() if gateway is None else gateway.profile,
            journalled=stored and stored.known,
            ramp=stored.entry.ramp if stored else None,
            now=Now(*clock.span()),
        )
    if gateway is not None:
        warn_of_other_lists([each.account for each in used], gateway.identities)
    planned = replace(planned, optouts=tuple(used), valid_until=valid_until(options.suppress))
    if isinstance(gateway, RememberingGateway):
        planned = replace(planned, balance=gateway.known_credits(planned.terms.message_type))
    warn_if_guessed(planned.phone, guessed=planned.phone_guessed)
    warn_if_supplied(int(planned.repairs.get("plus", 0)), options.region)
    log_if_at_night(planned.night)
    fields = dict.fromkeys(name for template in planned.texts.all for name in template.fields)
    warn_if_replaced("the text is filled", fields)
    remember_use(planned.frame, planned.texts.all, options.schedule)
    warn_of_our_names(contacts, planned.frame, planned.phone, options)
    return planned
