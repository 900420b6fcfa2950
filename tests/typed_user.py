"""
A program as users write them, for mypy alone (`make types`): every public name has its type, loaded or not.

Strict mypy also complains of an ignored error that is none: the lines that end so are wrong on purpose.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_type

import pandas as pd

import smsframe

if TYPE_CHECKING:
    from smsframe.gateway.base import GatewayProtocol


class Guests(smsframe.ContactsSchema):
    """A rule of one's own."""

    name: str


def look(guests: pd.DataFrame) -> smsframe.Plan:
    assert_type(smsframe.read_contacts("guests.csv"), pd.DataFrame)
    assert_type(smsframe.check(guests, phone="mobile", region="IT", schema=Guests), pd.DataFrame)
    assert_type(smsframe.segments(guests["text"]), pd.DataFrame)
    smsframe.check(guests, numbers="any")  # type: ignore[arg-type]
    policy = smsframe.Policy(prices=pd.DataFrame(), budget=Decimal(5))
    plan = smsframe.plan(guests, "Ciao {name}", phone="mobile", policy=policy)
    assert_type(plan, smsframe.Plan)
    assert_type(plan.recipients, int)
    return plan


def spend(plan: smsframe.Plan, gateway: smsframe.Gateway | GatewayProtocol) -> smsframe.Summary:
    try:
        sent = smsframe.send(plan, gateway=gateway, journal=smsframe.Journal("journal.sqlite"))
    except smsframe.CampaignStopped as stopped:
        assert_type(stopped.results, pd.DataFrame)
        sent = smsframe.resume("autumn", gateway=gateway, refusals="skip")
        smsframe.resume("autumn", gateway=gateway, refusals="drop")  # type: ignore[arg-type]
    assert_type(sent, pd.DataFrame)
    assert_type(smsframe.refresh(sent, gateway=gateway), pd.DataFrame)
    return smsframe.summary(sent)


def rehearse() -> pd.DataFrame:
    with smsframe.Sandbox(credits=10) as sandbox:
        assert_type(sandbox, smsframe.Sandbox)
        assert_type(sandbox.gateway(), smsframe.Gateway)
        return sandbox.inbox()


def lost(version: str = smsframe.__version__) -> object:
    return smsframe.nonsense, version  # type: ignore[attr-defined]


def through(gateway: smsframe.Gateway) -> GatewayProtocol:
    """The client of smSend has all that the engine asks of any gateway."""
    return gateway
