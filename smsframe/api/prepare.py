"""
What is asked beforehand: free, and without network: read, check, plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from smsframe.api.options import journal_of, say_guess, suppressed
from smsframe.api.tracebacks import public
from smsframe.contacts import read
from smsframe.contacts.columns import find_phone
from smsframe.errors import ContactsError
from smsframe.phones import parse
from smsframe.planning.build import plan as make_plan
from smsframe.planning.check import check as check_contacts
from smsframe.planning.plan import Plan
from smsframe.texts import segments as encodings

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    import pandas as pd

    from smsframe.api.options import Suppress, Where
    from smsframe.gateway.smsend import Gateway
    from smsframe.outcomes.schema import ContactsSchema

read_contacts = public(read.read_contacts)
normalize = public(parse.normalize)
segments = public(encodings.segments)


@public
def check(
    contacts: pd.DataFrame,
    phone: Hashable | None = None,
    *,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppress: Suppress | None = None,
) -> pd.DataFrame:
    """
    Check who could be texted, and why the others could not; never raises for a bad row.

    Args:
        contacts: Any frame; it is not changed.
        phone: The column of phone numbers; guessed, with a warning, when exactly one fits.
        region: ISO code of the country of numbers in national form, or the column that has it.
        numbers: What counts as usable: can receive a text, is valid, or is at least possible.
        schema: Rules of your own, a subclass of `ContactsSchema`.
        suppress: Numbers nobody may text: a frame, series, list or file.

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
    label, guessed = find_phone(contacts, phone)
    say_guess(label, guessed=guessed)
    return check_contacts(
        contacts,
        label,
        region=region,
        numbers=numbers,
        schema=schema,
        suppressed=suppressed(suppress, region, contacts.columns),
    )


@public
def plan(
    contacts: pd.DataFrame,
    text: str,
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str | None = None,
    quality: Literal["high", "medium", "low"] = "high",
    message_type: str | None = None,
    schedule: datetime | None = None,
    suppress: Suppress | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    text_fix: Literal["gsm", "gsm+letters"] | None = None,
    gateway: Gateway | None = None,
    journal: Where | None = None,
) -> Plan:
    """
    See it before you pay: who gets what, in how many segments, for how many credits, and who does not.

    Free: no network. The journal is read, if there is one, for who was already texted in the campaign.

    Args:
        contacts: Any frame; the plan keeps a snapshot.
        text: What people read: ``{column}``, ``{column:default}``, ``{{`` and ``}}`` for braces.
        campaign: The name under which nobody is texted twice; may be left out to look only.
        phone: As in `check`.
        region: As in `check`.
        numbers: As in `check`.
        schema: As in `check`.
        sender: What is shown as the sender: at most 11 letters and digits, or a number; high quality only.
        quality: ``high``, ``medium`` or ``low``: the gateway's types ``N``, ``L``, ``LL``; the lower two take
            160 characters at most.
        message_type: The type itself, for sister brands with other names.
        schedule: When it goes out, with a time zone; now when not given.
        suppress: As in `check`.
        max_segments: Rows whose text needs more are ``invalid``.
        batch_size: Recipients per order at most.
        text_fix: Replace characters that make texts more expensive, as `Plan.cheaper` lists them: ``gsm`` is
            typography, ``gsm+letters`` also takes accents off letters. A fixed text is another text.
        gateway: The gateway whose journal is read; as in `send`.
        journal: As in `send`.

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
    memory = journal_of(journal, gateway)
    entry = memory.find(campaign) if campaign else None
    if entry and gateway:
        memory.check(
            entry, base_url=gateway.base_url, account=gateway.account, template=entry.template, changed=True
        )
    made = make_plan(
        contacts,
        text,
        campaign=campaign,
        phone=phone,
        region=region,
        numbers=numbers,
        schema_=schema,
        sender=sender,
        quality=quality,
        message_type=message_type,
        schedule=schedule,
        suppressed=suppressed(suppress, region, contacts.columns),
        max_segments=max_segments,
        batch_size=batch_size,
        text_fix=text_fix,
        journalled=memory.recipients(entry.id, entry.name) if entry else None,
    )
    say_guess(made.phone, guessed=made.phone_guessed)
    return made


def planned_to_send(
    contacts: pd.DataFrame | Plan,
    text: str | None,
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
    **planned: Any,
) -> Plan:
    """The plan of a call that sends, or the one that it was given."""
    if isinstance(contacts, Plan):
        if text is not None or campaign is not None or phone is not None:
            raise TypeError("a Plan is sent as it was seen: give text, campaign and phone to smsframe.plan")
        _required(contacts.frame, contacts.template.source, contacts.campaign, contacts.phone)
        return contacts
    _required(contacts, text, campaign, phone)
    return plan(contacts, text or "", campaign=campaign, phone=phone, **planned)


def _required(contacts: pd.DataFrame, text: str | None, campaign: str | None, phone: Hashable | None) -> None:
    """What costs money has no default."""
    if text is None:
        raise TypeError("send needs the text people read: send(contacts, text, campaign=..., phone=...)")
    if campaign is None:
        raise ValueError(
            "send needs campaign=, the name under which nobody is texted twice, such as 'autumn'"
        )
    if phone is None:
        guess, _ = find_phone(contacts, None)
        raise ContactsError(f"send needs phone=, the column to text; did you mean phone={guess!r}?")
