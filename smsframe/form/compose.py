"""
`smsframe.compose`: make a form with what it begins with, its gateway and its journal.

Importing this is fast: widgets are loaded when the first form is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from smsframe.api.docstrings import explained
from smsframe.api.options import with_policy
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.options import SendOptions
from smsframe.clock import machine_zone
from smsframe.contacts.columns import find_phone, find_region
from smsframe.contacts.tables import ArrowTable, as_frame
from smsframe.errors import ContactsError
from smsframe.form.draft import Draft, guess_region
from smsframe.form.session import FormSession
from smsframe.form.surroundings import refuse_without_widgets
from smsframe.planning.options import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import timedelta

    from pandas import DataFrame

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.form.form import Form
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.outcomes.schema import ContactsSchema


EDITED = {"text", "campaign", "phone", "region", "sender", "quality"}
"""Parameters that a form begins with and people change in it; the others hold for every plan and sending."""


@hide_frames
@explained(
    PlanOptions,
    SendOptions,
    text="What the text field holds at first: ``{column}`` and ``{column:default}`` are replaced by the "
    "value of that column.",
    campaign="What the campaign field holds at first: the name under which nobody is texted twice.",
    phone="The column of phone numbers; guessed when exactly one fits, and changeable in the form.",
    region="The country of numbers in national form (an ISO code such as ``IT``), or the column that has "
    "it; guessed when one column is called so and holds country codes, and changeable in the form.",
    sender="What the sender field holds at first: at most 11 letters, digits and simple signs, or a number "
    "of 6 to 16 digits.",
    quality="What the quality field holds at first: ``high``, ``medium`` or ``low``.",
    gateway="The `Gateway` that texts go to; that of `Gateway.from_env`, which is looked for only when it "
    "is needed, when not given.",
)
def compose(
    contacts: DataFrame | ArrowTable,
    text: str = "",
    *,
    campaign: str = "",
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str = "",
    quality: Literal["high", "medium", "low"] = "high",
    undo: timedelta | str | float | None = None,
    suppress: Suppress | None = None,
    policy: Policy | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
) -> Form:
    """
    A form to write a text, see it as people will read it, see its price, test it, and send it once.

    Nothing leaves before somebody types the number of people and clicks. It keeps the promise of `send`: a
    form that is closed, reloaded or shown twice texts nobody twice.

    Returns:
        A `Form`; show it as the last line of a cell. ``.results`` is a frame once something was sent.

    Raises:
        RuntimeError: The form could not be seen here (marimo shows no ipywidgets), or nothing could be sent
            from here (JupyterLite).

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> people.sms.compose("Ciao {name}", campaign="summer", gateway=gateway)
        <smsframe.Form summer: text 1 person for 1 credit>
    """
    fixed = {name: value for name, value in locals().items() if name not in EDITED}
    refuse_without_widgets()
    planning, sending = with_policy(PlanOptions.of(fixed)), SendOptions.of(fixed)
    from smsframe.form.attached import AttachedForm  # noqa: PLC0415 - widgets take longer to load than all the rest

    frame = as_frame(contacts)
    if phone is None:
        try:
            phone, _ = find_phone(frame, None)
        except ContactsError:
            if frame.columns.nlevels > 1:
                raise  # there is no column to choose
    else:
        find_phone(frame, phone)
    if region is None:
        region = guess_region(frame)
    elif isinstance(country := find_region(frame, region), str):
        region = country  # a country, spelled as the form lists it
    if isinstance(suppress, Iterator):
        planning = replace(planning, suppress=list(suppress))  # it is read at every change of the form
    session = FormSession(gateway, journal, planning, sending)
    text, sender = session.begun_with(campaign, text, sender)
    draft = Draft(
        text=text,
        campaign=campaign,
        phone=phone,
        region=region,
        sender=sender,
        quality=quality,
        zone=machine_zone(),
    )
    return AttachedForm(frame.copy(deep=False), draft, session)
