"""Campaigns in one line: invented people, and `smsframe.send` with a retry policy that does not sleep."""

from __future__ import annotations

import pandas as pd
import pytest

import smsframe
from smsframe.campaign import send as campaign_send
from smsframe.campaign.options import ResumeOptions, SendOptions
from smsframe.campaign.run_context import RunContext
from smsframe.gateway.retry import RetryPolicy
from smsframe.journal.journal import Journal

QUICK = RetryPolicy(attempts=3, first=0.001, most=0.002)
CALL = ("confirm", "changed", "adopt", "refusals")
RUNS = ("workers", "rate", "grace", "retry_policy", "report", "started", "say")
RUN = {"workers": 4, "rate": None, "grace": 0.02, "retry_policy": QUICK}

REPEATS_SEND_AGAIN = pytest.mark.sandbox(repeated_order_id="accept")
"""The harshest gateway: a repeated order id texts everybody once more."""


def each_sandbox(option, *values):
    """Run a test once for each of these ways of the sandbox."""
    return pytest.mark.parametrize(
        "sandbox", [{option: value} for value in values], ids=values, indirect=True
    )


def gateway_at(url, journal, username="demo", **options):
    """A gateway at this address, with this journal."""
    return smsframe.Gateway(url, username=username, password="demo", journal=journal, **options)


def table(count, *, bad=(), start=0):
    """People with numbers that the sandbox takes, but for those at ``bad``, which it refuses at the POST."""
    places = range(start, start + count)
    mobile = [f"+39348{i:05d}85" if i in bad else f"+39347{i // 70:05d}{i % 70:02d}" for i in places]
    return pd.DataFrame({"name": [f"N{i}" for i in places], "mobile": mobile})


def context(gateway, journal=None, **options):
    """What a run works with: quick, and silent."""
    run = RUN | options
    memory = journal
    if not isinstance(journal, Journal):
        memory = Journal(journal or gateway.journal, clock=run["retry_policy"].clock)
    return RunContext(gateway=gateway, journal=memory, **run)


def send(contacts, gateway, text="Ciao {name}", *, campaign="autumn", journal=None, **options):
    """As `smsframe.send`, which waits between attempts for longer than a test wants to."""
    made = context(gateway, journal, **{name: options.pop(name) for name in [*options] if name in RUNS})
    call = {name: options.pop(name) for name in [*options] if name in CALL}
    if "changed" in call:
        call["changed"] = "continue" if call["changed"] else None
    plan = contacts
    if not isinstance(contacts, smsframe.Plan):
        plan = smsframe.plan(
            contacts,
            text,
            campaign=campaign,
            phone="mobile",
            gateway=gateway,
            journal=made.journal,
            **options,
        )
    return campaign_send.send(plan, made, options=SendOptions(**call))


def resume(
    gateway,
    campaign="autumn",
    *,
    journal=None,
    suppressed=(),
    **options,
):
    made = context(gateway, journal, **{name: options.pop(name) for name in [*options] if name in RUNS})
    return campaign_send.resume(
        made.journal.get(campaign),
        made,
        options=ResumeOptions(**options),
        suppressed=pd.Index([*suppressed], dtype=object),
    )


def statuses(frame):
    return {status: int(n) for status, n in frame["sms_status"].value_counts().items() if n}


def codes(frame):
    return {code: int(n) for code, n in frame["sms_code"].value_counts().items() if n}


def posts(sandbox):
    return int(sandbox.calls()["method"].eq("POST").sum())


def texted(sandbox):
    """How many texts each number has in the inbox."""
    return sandbox.inbox()["recipient"].value_counts()


def each_once(sandbox, frame):
    """Whether everybody whose row says so, and nobody else, has one text."""
    said = frame.loc[frame["sms_status"].eq("accepted").to_numpy(), "sms_phone"]
    got = texted(sandbox)
    return set(got.index) == set(said) and bool(got.le(1).all())
