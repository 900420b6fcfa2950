"""
One text to one's own number, before it goes to anybody else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from smsframe.api.docstrings import explained
from smsframe.api.options import announce_journal, journal_of, policy_of
from smsframe.api.prepare import make_plan, normalize
from smsframe.api.send import send_plan
from smsframe.api.tracebacks import hide_frames
from smsframe.campaign.options import SendOptions
from smsframe.contacts.policy import for_oneself
from smsframe.gateway.smsend import Gateway
from smsframe.phones.match import among
from smsframe.phones.region_names import meaning
from smsframe.planning.options import PlanOptions
from smsframe.planning.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Hashable

    from smsframe.api.options import JournalLocation
    from smsframe.contacts.policy import Policy
    from smsframe.contacts.tables import ArrowTable
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal


@hide_frames
@explained(
    PlanOptions,
    SendOptions,
    contacts="The people whose texts are tried, in any frame, or a `Plan`; none of them is texted.",
    text="The text; not with a `Plan`, which has it.",
    to="Your own number, in international form unless ``region`` is one country.",
    row="Whose text: 0 is the first of those that can be texted, 1 the next.",
    campaign="The campaign that is tried: the test is one of its own, named after it.",
    gateway="The `Gateway` that the text goes to; `Gateway.from_env` when not given.",
)
def test(
    contacts: pd.DataFrame | ArrowTable | Plan,
    text: str | None = None,
    *,
    to: str,
    row: int = 0,
    campaign: str | None = None,
    phone: Hashable | None = None,
    region: Hashable | None = None,
    sender: str | None = None,
    quality: Literal["high", "medium", "low"] = "high",
    message_type: str | None = None,
    text_fix: Literal["gsm", "gsm+letters"] | None = None,
    policy: Policy | None = None,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
    grace: float = 30.0,
) -> pd.DataFrame:
    """
    Send your own number the text of one person in the table, filled in with their values, now.

    It is a campaign of its own with a new name each time, so that a text can be tried again after it was
    improved. It costs what a text costs. Opt-outs, and ``allow_only``, ``optout_text`` and ``budget`` of a
    policy hold for your number as for everybody's. A cap and consent do not: they are for people who did not
    ask for this text, and the consent in the row is that of somebody else.

    Returns:
        The one row with all result columns (`ResultsSchema`), your number in the phone column.

    Raises:
        ContactsError, TextError, ValueError: As `plan`; or nobody in the table can be texted, or there is no
            such row; nothing was sent.
        SmsFrameError: As `send`.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
        >>> out = smsframe.test(people, "Ciao {name}", to="+393331234567", phone="mobile", gateway=gateway)
        >>> out[["name", "sms_phone", "sms_status"]].values.tolist()
        [['Ada', '+393331234567', 'accepted']]
    """
    options = PlanOptions.of(locals())
    if isinstance(contacts, Plan):
        if text is not None or options.given():
            raise TypeError("a Plan is tried as it was seen: give text, phone and the like to smsframe.plan")
    elif text is None:
        raise TypeError("test needs the text people read: test(contacts, text, to=..., phone=...)")
    gateway = gateway or Gateway.from_env()
    journal = journal_of(journal, gateway)
    if not isinstance(contacts, Plan):
        contacts = make_plan(contacts, text or "", options, gateway=gateway, journal=journal)
    country = meaning(region) if isinstance(region, str) and region not in contacts.frame.columns else None
    sending = SendOptions(grace=grace, progress=False)
    return send_test(
        contacts,
        to,
        row=row,
        region=country,
        sending=sending,
        gateway=gateway,
        journal=journal,
    )


def send_test(
    plan: Plan,
    to: str,
    *,
    row: int = 0,
    region: str | None,
    sending: SendOptions,
    gateway: GatewayProtocol,
    journal: Journal,
) -> pd.DataFrame:
    """
    Send one number the text of one of a plan's people, as a campaign of its own; see `test`.

    Raises:
        ValueError: Nobody can be texted, there is no such row, or the number is in national form and there
            is no one country to read it in. The person's would be a guess: the same digits are somebody
            else's there.
    """
    if not 0 <= row < len(plan.planned):
        raise ValueError(
            f"row={row} is not there: {len(plan.planned):,} people in the table can get this text"
            if len(plan.planned)
            else "nobody in the table can get this text, so there is none to try"
        )
    if region is None and not to.strip().startswith(("+", "00")):
        raise ValueError("Write your own number in international form, such as +39 …")
    own = normalize(pd.Series([to], dtype=object), region=region, numbers="possible").dropna()
    policy = policy_of(plan.policy)
    one = plan.planned.iloc[row]
    person = plan.frame.iloc[[plan.planned.index[row]]].reset_index(drop=True).astype({plan.phone: object})
    person[plan.phone] = [to]
    text: str | dict[str, str] = plan.template.source
    if plan.variants is not None:  # an experiment of one variant: a text may name it
        text = {one["variant"]: plan.texts.by_variant[one["variant"]].source}
    options = PlanOptions(
        campaign=_unused_name(plan.campaign or "unnamed", journal),
        phone=plan.phone,
        region=region,
        sender=plan.terms.sender,
        message_type=plan.terms.message_type,
        text_fix=None if plan.fixed is None else plan.fixed.fix,  # type: ignore[arg-type]  # one of the two
        suppress=[to] if len(plan.suppressed) and among(own, plan.suppressed).any() else None,
        policy=policy and for_oneself(policy),
    )
    announce_journal(journal)
    trial = make_plan(person, text, options, gateway=gateway, journal=journal)
    trial = replace(trial, valid_until=plan.valid_until)
    return send_plan(trial, sending, gateway, journal)


def _unused_name(campaign: str, journal: Journal) -> str:
    name, attempt = f"{campaign} (test)", 1
    while journal.find(name) is not None:
        attempt += 1
        name = f"{campaign} (test {attempt})"
    return name
