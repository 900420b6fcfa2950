"""
Text the people in a DataFrame through the smSend REST gateway, once each, and know the truth about every row.

Importing registers ``.sms`` on DataFrame and Series. It loads pandas; all else is loaded at its first use.
"""
# ruff: noqa: F403, F405 - type checkers see which names `everything` has, and a test compares them

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING

from smsframe import accessor as _accessor  # noqa: F401 - importing registers .sms
from smsframe.errors import (
    CampaignChanged,
    CampaignStopped,
    ConfirmationMismatch,
    ContactsError,
    GatewayError,
    JournalError,
    NotAuthorised,
    NotEnoughCredit,
    PhoneGuessed,
    Rejected,
    SmsFrameError,
    TextError,
    Unavailable,
    Unconfirmed,
    UnknownCampaign,
)

if TYPE_CHECKING:
    from smsframe.everything import *
    from smsframe.form import Form
    from smsframe.sandbox import Sandbox

    __version__: str

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

if not TYPE_CHECKING:  # a type checker that saw it would believe in any name

    def __getattr__(name: str) -> object:
        """Load all public names at the first use of one; a web server and widgets only for their own."""
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415

            return version("smsframe")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "Sandbox":
            from smsframe.sandbox import Sandbox  # noqa: PLC0415

            return Sandbox
        if name == "Form":
            from smsframe.form import Form  # noqa: PLC0415

            return Form
        from smsframe import everything  # noqa: PLC0415

        globals().update({found: thing for found, thing in vars(everything).items() if found in __all__})
        return globals()[name]


def __dir__() -> list[str]:
    """What is there, loaded or not; the sandbox where its extra is installed."""
    lacking = set() if find_spec("fastapi") and find_spec("uvicorn") else {"Sandbox"}
    return sorted({*globals(), *__all__, "__version__"} - lacking)
