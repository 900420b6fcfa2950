"""
The public functions: defaults found, bars handed in, and the rooms below do the work.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from smsframe import campaign as campaign_room
from smsframe import delivery
from smsframe import schema as schema_room
from smsframe.columns import find_phone
from smsframe.contacts import suppression
from smsframe.errors import ContactsError
from smsframe.gateway import Gateway
from smsframe.journal import Journal
from smsframe.patience import Patience
from smsframe.phones import regions
from smsframe.plan import Plan
from smsframe.plan import plan as make_plan
from smsframe.progress import Bar
from smsframe.results import spreadsheet_safe
from smsframe.results import summary as summarise

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable
    from datetime import datetime

    from smsframe.results import Summary
    from smsframe.schema import ContactsSchema

    Suppress = pd.DataFrame | pd.Series[Any] | str | os.PathLike[str] | Iterable[Any]
    Where = Journal | str | os.PathLike[str]


class PhoneGuessed(UserWarning):
    """smsframe chose the phone column; `send` wants it said."""


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
        The contacts with the result columns (`CheckedSchema`), same rows, same index; ``sms_status`` is
        ``ready``, ``invalid``, ``duplicate`` or ``suppressed``, with a code and a reason.

    Raises:
        ContactsError: The table as a whole cannot be read: no such column, several that fit, a rule that
            cannot be applied.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+39 347 123 4567", "347 12"]})
        >>> smsframe.check(people, phone="mobile", region="IT")["sms_status"].tolist()
        ['ready', 'invalid']
    """
    label, guessed = find_phone(contacts, phone)
    _say_guess(label, guessed=guessed)
    return schema_room.check(
        contacts,
        label,
        region=region,
        numbers=numbers,
        schema=schema,
        suppressed=_suppressed(suppress, region),
    )


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
        gateway: The gateway whose journal is read; as in `send`.
        journal: As in `send`.

    Returns:
        A `Plan`: attributes, a one-line repr, a card in notebooks; ``.frame`` is the frame, row by row.

    Raises:
        ContactsError: The table as a whole cannot be read.
        TextError: The text cannot be used with this table.
        CampaignChanged: The campaign belongs to another gateway than ``gateway``.
        ValueError: A parameter makes no sense.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> smsframe.plan(people, "Ciao {name}", phone="mobile")
        <smsframe.Plan (no campaign): text 1 people, 1 segments, 1 credits, 1 orders>
    """
    memory = _journal(journal, gateway)
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
        suppressed=_suppressed(suppress, region),
        max_segments=max_segments,
        batch_size=batch_size,
        journalled=memory.recipients(entry.id) if entry else None,
    )
    _say_guess(made.phone, guessed=made.phone_guessed)
    return made


def send(
    contacts: pd.DataFrame | Plan,
    text: str | None = None,
    *,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    confirm: int | None = None,
    changed: Literal["continue"] | None = None,
    workers: int = 4,
    grace: float = 30.0,
    progress: bool = True,
    **planned: Any,
) -> pd.DataFrame:
    """
    Text the people in a frame, once each, and know what became of every row.

    The same call again texts nobody and returns the first outcome. It may be stopped, or killed, at any
    moment: the same call, or `resume`, goes on where it was.

    Args:
        contacts: The frame; or a `Plan`, which is sent exactly as it was seen.
        text: What people read, as in `plan`; not with a `Plan`.
        gateway: Where it goes; `Gateway.from_env` when not given.
        journal: Where it is remembered: a path, URL or `Journal`; else the gateway's own, else
            ``SMSFRAME_JOURNAL``, else a file in your data directory.
        confirm: Refuse unless exactly so many people are ready or have an outcome already.
        changed: ``"continue"`` sends a changed text to those who have none yet.
        workers: Orders under way at once.
        grace: Seconds within which an order that the gateway took becomes visible to it.
        progress: False draws no bar.
        planned: ``campaign=`` and ``phone=``, which are required, and everything else `plan` takes.

    Returns:
        The contacts with the result columns (`ResultsSchema`), same rows, same index.

    Raises:
        ContactsError, TextError, ValueError: As `plan`; nothing was sent.
        CampaignChanged, ConfirmationMismatch, NotEnoughCredit: Nothing was sent by this call.
        GatewayError: Nothing could be accepted.
        CampaignStopped: It stopped on the way; ``.results`` is the full frame.
        JournalError: The journal cannot be written, so nothing is sent.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> out = smsframe.send(
        ...     people, "Ciao {name}", campaign="autumn", phone="mobile", gateway=gateway, progress=False
        ... )
        >>> out["sms_status"].tolist()
        ['accepted']
    """
    _sensible(workers, grace)
    gateway = gateway or Gateway.from_env()
    memory = _journal(journal, gateway)
    if isinstance(contacts, Plan):
        if text is not None or planned:
            raise TypeError("a Plan is sent as it was seen: give text and the like to smsframe.plan")
        made = contacts
    else:
        made = _planned(contacts, text, gateway=gateway, journal=memory, **planned)
    _say_journal(memory)
    with Bar("sending", "people", shown=progress) as bar:
        return campaign_room.send(
            made,
            gateway,
            memory,
            confirm=confirm,
            changed=changed == "continue",
            workers=workers,
            grace=grace,
            patience=Patience(),
            report=bar.tick,
            started=bar.start,
        )


def resume(
    campaign: str,
    *,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    suppress: Suppress | None = None,
    confirm: int | None = None,
    unconfirmed: Literal["send", "accept"] | None = None,
    workers: int = 4,
    grace: float = 30.0,
    progress: bool = True,
) -> pd.DataFrame:
    """
    Go on with a campaign from its journal alone: look up what is unconfirmed, text who is pending.

    Args:
        campaign: Its name.
        gateway: As in `send`; it must be the campaign's own.
        journal: As in `send`.
        suppress: Numbers nobody may text as of now; those people stay pending.
        confirm: Refuse unless exactly so many people are pending.
        unconfirmed: What *you* say of orders that stay unconfirmed after they were looked up: ``"send"``
            texts their people (again, if they were), ``"accept"`` takes them as accepted. It is recorded.
        workers: As in `send`.
        grace: As in `send`.
        progress: As in `send`.

    Returns:
        One row per recipient in the journal, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        SmsFrameError: As `send`.

    Example:
        >>> smsframe.resume("spring", gateway=gateway, progress=False)["sms_status"].tolist()
        ['accepted']
    """
    _sensible(workers, grace)
    if unconfirmed not in (None, "send", "accept"):
        raise ValueError(f'unconfirmed={unconfirmed!r} must be "send" or "accept"')
    gateway = gateway or Gateway.from_env()
    memory = _journal(journal, gateway)
    entry = memory.get(campaign)
    with Bar("sending", "people", shown=progress) as bar:
        return campaign_room.resume(
            entry,
            gateway,
            memory,
            suppressed=_suppressed(suppress, None),
            confirm=confirm,
            unconfirmed=unconfirmed,
            workers=workers,
            grace=grace,
            patience=Patience(),
            report=bar.tick,
            started=bar.start,
        )


def refresh(
    results: pd.DataFrame, *, gateway: Gateway | None = None, workers: int = 4, progress: bool = True
) -> pd.DataFrame:
    """
    Ask the gateway for delivery states and join them to the rows.

    Args:
        results: A frame with at least ``sms_order_id`` and ``sms_phone``; it is not changed.
        gateway: As in `send`.
        workers: Questions under way at once.
        progress: False draws no bar.

    Returns:
        The frame with ``sms_delivery`` (the gateway's code) and ``sms_delivered_at`` (UTC). Rows with a
        final state are not asked for again.

    Raises:
        ContactsError: The frame has no such columns.
        GatewayError: The gateway did not say; the frame you have is still true.

    Example:
        >>> smsframe.refresh(smsframe.results("spring", journal=journal), gateway=gateway, progress=False)[
        ...     "sms_delivery"
        ... ].notna().all()
        True
    """
    gateway = gateway or Gateway.from_env()
    _sensible(workers, 0.0)
    with Bar("asking", "orders", shown=progress) as bar:
        if progress and "sms_order_id" in results:
            bar.start(int(results["sms_order_id"].nunique()))
        return delivery.refresh(results, gateway, workers=workers, patience=Patience(), report=bar.advance)


def results(campaign: str, *, journal: Where | None = None) -> pd.DataFrame:
    """
    What the journal knows of a campaign: one row per recipient, RangeIndex, result columns only.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.results("spring", journal=journal)["sms_status"].tolist()
        ['accepted']
    """
    memory = _journal(journal, None)
    return campaign_room.recipients(memory, memory.get(campaign))


def campaigns(*, journal: Where | None = None) -> pd.DataFrame:
    """
    The campaigns of a journal: one row each, with people by status and the credits charged.

    Raises:
        JournalError: The journal cannot be read.

    Example:
        >>> smsframe.campaigns(journal=journal)[["campaign", "accepted"]].values.tolist()
        [['spring', 1]]
    """
    return campaign_room.campaigns(_journal(journal, None))


def withdraw(campaign: str, *, journal: Where | None = None) -> pd.DataFrame:
    """
    Drop the people of a campaign who were not texted yet; they are returned, and nobody else is touched.

    Raises:
        UnknownCampaign: There is no such campaign in this journal.
        JournalError: The journal cannot be written.

    Example:
        >>> len(smsframe.withdraw("spring", journal=journal))
        0
    """
    memory = _journal(journal, None)
    return campaign_room.withdraw(memory, memory.get(campaign))


def summary(results: pd.DataFrame) -> Summary:
    """
    A campaign in a few numbers: a `Summary`, with a card in notebooks.

    Raises:
        ContactsError: The frame has no result columns.
    """
    return summarise(results)


def to_csv(results: pd.DataFrame, path: str | os.PathLike[str], *, index: bool | None = None) -> None:
    """
    Write a frame for spreadsheets: UTF-8 with a mark, and no cell that runs as a formula.

    `read_contacts` reads it back with its numbers as text.

    Args:
        results: Any frame.
        path: The file; it is replaced.
        index: Whether to write the index; when not said, unless it is a plain RangeIndex.
    """
    plain = isinstance(results.index, pd.RangeIndex) and results.index.name is None
    spreadsheet_safe(results).to_csv(
        path, index=not plain if index is None else index, encoding="utf-8-sig", lineterminator="\n"
    )


def _planned(
    contacts: pd.DataFrame, text: str | None, *, gateway: Gateway, journal: Journal, **planned: Any
) -> Plan:
    if text is None:
        raise TypeError("send needs the text people read: send(contacts, text, campaign=..., phone=...)")
    if planned.get("campaign") is None:
        raise ValueError(
            "send needs campaign=, the name under which nobody is texted twice, such as 'autumn'"
        )
    if planned.get("phone") is None:
        guess, _ = find_phone(contacts, None)
        raise ContactsError(f"send needs phone=, the column to text; did you mean phone={guess!r}?")
    return plan(contacts, text, gateway=gateway, journal=journal, **planned)


def _suppressed(suppress: Suppress | None, region: Hashable | None) -> pd.Index[Any]:
    if suppress is None:
        return pd.Index([], dtype=object)
    home = region.upper() if isinstance(region, str) and region.upper() in regions() else None
    return suppression(suppress, home)


def _journal(journal: Where | None, gateway: Gateway | None) -> Journal:
    if isinstance(journal, Journal):
        return journal
    if journal is None and gateway is not None:
        journal = gateway.journal
    return Journal.default() if journal is None else Journal(journal)


def _say_journal(journal: Journal) -> None:
    if not journal.exists and journal.path == Journal.default().path:
        print(f"smsframe remembers who was texted in {journal.path}")  # noqa: T201 - the contract says so


def _say_guess(label: Hashable, *, guessed: bool) -> None:
    if guessed:
        warnings.warn(
            f"taking {label!r} as the phone column; say phone={label!r}", PhoneGuessed, stacklevel=3
        )


def _sensible(workers: int, grace: float) -> None:
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= 64:  # noqa: PLR2004
        raise ValueError(f"workers={workers!r} must be a whole number from 1 to 64")
    if not isinstance(grace, int | float) or not grace >= 0:
        raise ValueError(f"grace={grace!r} must be a number of seconds")
