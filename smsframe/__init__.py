"""
Text the people in a DataFrame through the smSend REST gateway, once each, and know the truth about every row.

Importing registers ``.sms`` on DataFrame and Series.
"""

import logging

from smsframe import accessor as _accessor  # noqa: F401 - importing registers .sms
from smsframe import cards as _cards  # noqa: F401 - importing gives plans and summaries their looks
from smsframe.afterwards import campaigns, failed, plot, refresh, results, summary, to_csv, withdraw
from smsframe.background import Run
from smsframe.beforehand import check, normalize, plan, read_contacts, segments
from smsframe.composing import compose
from smsframe.defaults import PhoneGuessed
from smsframe.errors import (
    CampaignChanged,
    CampaignStopped,
    ConfirmationMismatch,
    ContactsError,
    GatewayError,
    JournalError,
    NotAuthorised,
    NotEnoughCredit,
    Rejected,
    SmsFrameError,
    TextError,
    Unavailable,
    Unconfirmed,
    UnknownCampaign,
)
from smsframe.gateway import Gateway
from smsframe.journal import Journal
from smsframe.masking import reveal
from smsframe.planning import Plan
from smsframe.schema import CheckedSchema, ContactsSchema, PlannedSchema, ResultsSchema
from smsframe.sending import resume, send, start
from smsframe.summaries import Summary
from smsframe.watching import watch

__all__ = [
    "CampaignChanged",
    "CampaignStopped",
    "CheckedSchema",
    "ConfirmationMismatch",
    "ContactsError",
    "ContactsSchema",
    "Form",
    "Gateway",
    "GatewayError",
    "Journal",
    "JournalError",
    "NotAuthorised",
    "NotEnoughCredit",
    "PhoneGuessed",
    "Plan",
    "PlannedSchema",
    "Rejected",
    "ResultsSchema",
    "Run",
    "Sandbox",
    "SmsFrameError",
    "Summary",
    "TextError",
    "Unavailable",
    "Unconfirmed",
    "UnknownCampaign",
    "campaigns",
    "check",
    "compose",
    "failed",
    "normalize",
    "plan",
    "plot",
    "read_contacts",
    "refresh",
    "results",
    "resume",
    "reveal",
    "segments",
    "send",
    "start",
    "summary",
    "to_csv",
    "watch",
    "withdraw",
]

logging.getLogger("smsframe").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Load the sandbox, with its web server, and the form, with its widgets, only when asked for."""
    if name == "Sandbox":
        from smsframe.sandbox import Sandbox  # noqa: PLC0415

        return Sandbox
    if name == "Form":
        from smsframe.form import Form  # noqa: PLC0415

        return Form
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("smsframe")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
