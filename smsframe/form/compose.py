"""
`compose`: makes a form, with its first contents, its gateway and its journal.

Importing this is cheap: widgets are loaded when the first form is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import available_timezones

from pandas import DataFrame

from smsframe.api.tracebacks import public
from smsframe.contacts.columns import find_phone, find_region
from smsframe.errors import ContactsError
from smsframe.form.draft import Draft, guess_region
from smsframe.form.session import FormSession

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe.api.options import Suppress, Where
    from smsframe.form.form import Form
    from smsframe.gateway.smsend import Gateway
    from smsframe.outcomes.schema import ContactsSchema


@public
def compose(
    contacts: DataFrame,
    text: str = "",
    *,
    campaign: str = "",
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: Literal["mobile", "valid", "possible"] = "mobile",
    schema: type[ContactsSchema] | None = None,
    sender: str = "",
    quality: Literal["high", "medium", "low"] = "high",
    suppress: Suppress | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    gateway: Gateway | None = None,
    journal: Where | None = None,
    workers: int = 4,
    rate: float | None = None,
    grace: float = 30.0,
) -> Form:
    """
    A form to write a text, see it as people will read it, see its price, test it, and send it once.

    Nothing leaves before somebody types the number of people and clicks. It keeps the promise of `send`: a
    form that is closed, reloaded or shown twice texts nobody twice.

    Args:
        contacts: Any frame; it is not changed.
        text: What the text field holds at first.
        campaign: What the campaign field holds at first.
        phone: The phone column; guessed when left out, and changeable in the form.
        region: As in `plan`; guessed when one column is called so and holds country codes, and changeable.
        numbers: As in `plan`.
        schema: As in `plan`.
        sender: What the sender field holds at first.
        quality: What the quality field holds at first.
        suppress: As in `plan`.
        max_segments: As in `plan`.
        batch_size: As in `plan`.
        gateway: As in `send`; that of the environment is looked for only when it is needed.
        journal: As in `send`.
        workers: As in `send`.
        rate: As in `send`.
        grace: As in `send`.

    Returns:
        A `Form`; show it as the last line of a cell. ``.results`` is a frame once something was sent.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> people.sms.compose("Ciao {name}", campaign="summer", gateway=gateway)
        <smsframe.Form summer: text 1 person for 1 credit>
    """
    from smsframe.form.form import Form  # noqa: PLC0415 - widgets take longer to load than all the rest

    if phone is None:
        try:
            phone, _ = find_phone(contacts, None)
        except ContactsError:
            if not isinstance(contacts, DataFrame) or contacts.columns.nlevels > 1:
                raise  # there is no column to choose
    else:
        find_phone(contacts, phone)
    if region is None:
        region = guess_region(contacts)
    elif isinstance(country := find_region(contacts, region), str):
        region = country  # a country, spelled as the form lists it
    draft = Draft(
        text=text,
        campaign=campaign,
        phone=phone,
        region=region,
        sender=sender,
        quality=quality,
        zone=_local_zone(),
    )
    plan_options = {
        "numbers": numbers,
        "schema": schema,
        "suppress": list(suppress) if isinstance(suppress, Iterator) else suppress,  # read by every plan
        "max_segments": max_segments,
        "batch_size": batch_size,
    }
    return Form(
        contacts.copy(deep=False),
        draft,
        FormSession(gateway, journal, plan_options, {"workers": workers, "rate": rate, "grace": grace}),
    )


def _local_zone() -> str:
    """The name of this machine's time zone, or UTC where it has none."""
    names = available_timezones()
    linked = Path("/etc/localtime").resolve().as_posix().rpartition("/zoneinfo/")[2].removeprefix("Etc/")
    return next((name for name in (os.environ.get("TZ", "").lstrip(":"), linked) if name in names), "UTC")
