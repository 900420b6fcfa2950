"""
What a form asks of the gateway and the journal: plans, balances, tests, and runs that it can follow.

The gateway is held here, in Python alone: no widget has it, so no saved notebook can.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from smsframe.api.options import announce_journal, journal_of, suppressed_numbers
from smsframe.api.optouts import optouts
from smsframe.api.prepare import barred_by, make_plan
from smsframe.api.replies import Wanted, read_replies
from smsframe.api.run import Run
from smsframe.api.send import start_plan
from smsframe.api.tracebacks import hide_frames
from smsframe.api.trial import send_test
from smsframe.campaign import send as campaign_send
from smsframe.campaign.changes.cancel import cancel as campaign_cancel
from smsframe.campaign.changes.cancel import joined
from smsframe.campaign.changes.undo import UndoRun
from smsframe.campaign.options import ResumeOptions, RunOptions
from smsframe.campaign.reports.left_over import withdraw
from smsframe.campaign.reports.result_frames import with_status
from smsframe.campaign.run_context import RunContext
from smsframe.clock import SYSTEM, Clock
from smsframe.errors import SmsFrameError
from smsframe.form.campaign_counts import count_campaign
from smsframe.form.draft import send_time
from smsframe.gateway import environment
from smsframe.gateway.balance import credits_of
from smsframe.gateway.smsend import Gateway
from smsframe.orders.profile import SMSEND
from smsframe.phones.match import among

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    import pandas as pd

    from smsframe.api.options import JournalLocation
    from smsframe.campaign.options import SendOptions
    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.draft import Draft
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal
    from smsframe.orders.optouts import UsedList
    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.records import CampaignRecord
    from smsframe.planning.options import PlanOptions
    from smsframe.planning.plan import Plan

CHANGED = (
    "This campaign has changed meanwhile, from another page or program, so nothing was done. It is shown as "
    "it is now: look again."
)


class FormSession:
    """
    The gateway and the journal of one form.

    Args:
        gateway: The gateway, or None for that of the environment, looked for when it is needed.
        journal: As in `smsframe.send`.
        planning: Options of every plan, whatever is in the form: ``numbers``, ``suppress`` and so on.
        sending: Options of every run: ``workers``, ``rate``, ``grace``.
        clock: The time, by which a schedule is still to come or has passed.
    """

    def __init__(
        self,
        gateway: GatewayProtocol | None,
        journal: JournalLocation | None,
        planning: PlanOptions,
        sending: SendOptions,
        clock: Clock = SYSTEM,
    ) -> None:
        self._gateway, self._journal_option = gateway, journal
        self._planning, self._sending = planning, replace(sending, progress=False)
        self.clock = clock
        self._journal: Journal | None = None
        self.journal  # noqa: B018 - a journal or gateway of the wrong type is refused when the form is made

    @property
    def gateway(self) -> GatewayProtocol:
        """
        The gateway.

        Raises:
            NotAuthorised: None was given, and the environment names none.
        """
        if self._gateway is None:
            self._gateway = Gateway.from_env()
        return self._gateway

    @property
    def journal(self) -> Journal:
        """The journal, whether or not there is a gateway yet."""
        if self._journal is None:
            self._journal = journal_of(self._journal_option, self._gateway)
        return self._journal

    @property
    def profile(self) -> GatewayProfile:
        """What the gateway has and has not, also before there is one."""
        if self._gateway is not None:
            return self._gateway.profile
        with suppress(ValueError):  # each plan says what is wrong with the environment
            return environment.profile()
        return SMSEND

    @hide_frames
    def plan(self, contacts: pd.DataFrame, text: str | Mapping[Any, str | None], **options: Any) -> Plan:
        """A plan, with what the journal knows of the campaign."""
        planning = replace(self._planning, **options)
        return make_plan(contacts, text, planning, gateway=self._gateway, journal=self.journal)

    def find(self, campaign: str) -> CampaignRecord | None:
        """The campaign of that name in the journal, or None."""
        return self.journal.find(campaign) if campaign else None

    def begun_with(self, campaign: str, text: str, sender: str) -> tuple[str, str]:
        """The text and the sender of a form: those of a campaign that was begun, if none are given."""
        entry = None
        with suppress(SmsFrameError):  # the form says what is wrong with the journal
            entry = self.find(campaign.strip())
        if entry is None or text:
            return text, sender
        return entry.template, sender or entry.terms.sender or ""

    def counts(
        self, entry: CampaignRecord, draft: Draft, results: pd.DataFrame | None = None
    ) -> CampaignCounts:
        """
        How many people of a campaign have which outcome, by the journal and the opt-outs.

        ``results`` as of `results`, where they were read already.
        """
        results = self.results(entry) if results is None else results
        suppressed = self._suppressed(draft)
        out = results["sms_status"].eq("pending") & among(results["sms_phone"], suppressed)
        if out.any():
            results = with_status(results, out, "suppressed", "suppressed")
        return count_campaign(results, policy=self._planning.policy)

    def results(self, entry: CampaignRecord) -> pd.DataFrame:
        """What the journal knows of the people of a campaign."""
        return campaign_send.recipients(self.journal, entry)

    def balance(self, message_type: str) -> float | None:
        """The credits left for a type; None when the gateway does not say."""
        return credits_of(self.gateway.credits(), message_type)

    @hide_frames
    def send(self, plan: Plan) -> Run:
        """Start sending exactly the plan that was shown; returns when people are about to be texted."""
        if plan.campaign is None:
            raise ValueError("Name the campaign: within one campaign, nobody is texted twice.")
        options = replace(self._sending, confirm=plan.recipients + plan.already)
        announce_journal(self.journal)
        return start_plan(plan, options, self.gateway, self.journal)

    def resume(self, draft: Draft, counts: CampaignCounts) -> Run:
        """
        Resume the draft's campaign, at the campaign's own time unless the draft has one.

        Raises:
            ValueError: That time has passed.
            SmsFrameError: As `smsframe.resume`, before the first order.
        """
        gateway, journal = self.gateway, self.journal
        entry, now = journal.get(draft.campaign.strip()), self.clock.now()
        later, agreed = send_time(draft, now), entry.terms.schedule
        if later is None and counts.pending and agreed is not None and agreed <= now:
            raise ValueError(
                "The time of this campaign has passed: choose another time above, then continue."
            )
        shared = {name: getattr(self._sending, name) for name in RunOptions.parameters()}
        options = ResumeOptions(
            **shared,
            confirm=counts.pending,
            schedule=later,
            undo=self._planning.undo,
            policy=self._planning.policy,
        )
        context = RunContext.of(options, gateway=gateway, journal=journal)
        terms = options.applied(entry.terms)
        run = Run(
            entry.name,
            partial(campaign_send.resume, entry, options=options, suppressed=self._suppressed(draft)),
            context,
            now=partial(campaign_send.recipients, journal, entry),
            later=terms.schedule is not None or terms.undo is not None,
            back=UndoRun(context, entry.name, terms.undo),
        )
        return run.begin(shown=False)

    @hide_frames
    def cancel(self, campaign: str, stop: threading.Event, texts: int) -> pd.DataFrame:
        """
        Cancel what is scheduled of a campaign, until that is stopped; the results, as of `smsframe.cancel`.

        Args:
            campaign: The campaign.
            stop: Who sets it asks it to stop.
            texts: As many as the button says. What another page schedules meanwhile is left alone.

        Raises:
            ValueError: The gateway cannot cancel; or there are more texts or fewer.
            SmsFrameError: As `smsframe.cancel`.
        """
        entry = self.journal.get(campaign)
        before = self.results(entry)
        scheduled = before["sms_status"].eq("scheduled") | before["sms_code"].eq("cancelling")
        orders = before["sms_order_id"][scheduled.fillna(value=False).to_numpy(dtype=bool)]
        if len(orders) != texts:
            raise ValueError(CHANGED)
        rows = before[before["sms_order_id"].isin(orders.dropna()).to_numpy(dtype=bool)]
        context = RunContext.of(self._sending, gateway=self.gateway, journal=self.journal)
        out = campaign_cancel(entry, context, rows=rows, stop=stop)
        return joined(self.results(entry), out)

    def drop(self, campaign: str, people: pd.Series[Any]) -> int:
        """Drop those of these people who were not texted; how many that were."""
        return len(withdraw(self.journal, self.journal.get(campaign), only=people))

    @hide_frames
    def test(self, plan: Plan, draft: Draft, number: str) -> pd.DataFrame:
        """
        Send one number the text of the plan's first person, now, as a campaign of its own.

        The campaign's name is new each time, so that a text can be tried again after it was improved.

        Raises:
            ValueError: The number is in national form, and there is no one country to read it in. The first
                person's would be a guess: the same digits are somebody else's there.
        """
        return send_test(
            plan,
            number,
            region=draft.country,
            sending=self._sending,
            gateway=self.gateway,
            journal=self.journal,
        )

    @property
    def named_gateway(self) -> GatewayProtocol | None:
        """The gateway; None where neither the form nor the environment names one."""
        return self.gateway if self._gateway is not None or environment.missing() is None else None

    @hide_frames
    def replies(self, campaign: str) -> tuple[pd.DataFrame, list[str]]:
        """
        What people answered to a campaign, as of `smsframe.replies`, and what is to be known beside it.

        Raises:
            ValueError: The gateway does not say what was received.
            SmsFrameError: As `smsframe.replies`.
        """
        read = read_replies(campaign, Wanted(), gateway=self.gateway, journal=self.journal)
        return read.found, read.notes

    def optout_lists(self) -> list[UsedList]:
        """The lists of opt-outs that are read for the account, with how many people are on each."""
        return barred_by(self.named_gateway, self.journal).used

    def opted_out(self, phones: pd.Series[Any]) -> pd.Series[bool]:
        """Whether each of some people is on one of these lists."""
        return barred_by(self.named_gateway, self.journal).among(phones)

    @hide_frames
    def opt_out(self, numbers: list[str], **options: Any) -> int:
        """
        Put people on the account's list; how many were not on it. Options as of `smsframe.optouts.add`.

        Raises:
            ContactsError: A line cannot be read as a number; nobody was put on the list.
            SmsFrameError: As `smsframe.optouts.add`.
        """
        return optouts.add(numbers, gateway=self.gateway, journal=self.journal, **options)

    def _suppressed(self, draft: Draft) -> pd.Index[Any]:
        """The opt-outs, read again."""
        return suppressed_numbers(self._planning.suppress, draft.country)
