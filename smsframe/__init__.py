"""
Text the people in a DataFrame through the smSend REST gateway, once each, and know the outcome of every row.

Importing registers ``.sms`` on DataFrame and Series. It loads pandas; all else is loaded at its first use.

::

    smsframe.read_contacts("guests.csv")      like pandas.read_csv, but numbers stay text
    df.sms.check(phone=, region=)             who could be texted, and why not the others
    df.sms.problems()                         the rows that need a hand, to correct and give back
    df.sms.assign(variants, by=, seed=)       each person to a variant of an experiment, or held out
    df.sms.plan(text, campaign=, phone=)      who would get what, for how many credits; free
    df.sms.send(text, campaign=, phone=)      text each person once; the same call again texts nobody
    df.sms.refresh()                          what was delivered; then df.sms.summary(), df.sms.failed()
    df.sms.lift(orders, on=)                  whether the texts of an experiment worked
    df.sms.cancel()                           take scheduled texts back, with proof
    smsframe.campaigns(), results(), resume() what was sent, row by row, and how to go on
    smsframe.partition(), finish()            the same on Spark, Ray and other engines; Dask has .sms
    smsframe.Gateway, smsframe.Sandbox        your account, and a gateway that texts nobody

Each has its own help, as ``help(smsframe.send)``; ``help(smsframe.errors)`` draws the tree of errors.
"""

import importlib.util
import logging
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
    from smsframe.api.cancel import cancel, reschedule
    from smsframe.api.experiment import assign, lift
    from smsframe.api.files import to_csv, to_excel, to_parquet
    from smsframe.api.frames import by, failed, plot, problems, summary
    from smsframe.api.history import history
    from smsframe.api.optouts import optouts
    from smsframe.api.prepare import check, normalize, plan, read_contacts, segments
    from smsframe.api.privacy import forget, purge
    from smsframe.api.replies import replies
    from smsframe.api.results import campaigns, costs, explain, refresh, results, withdraw
    from smsframe.api.run import Run
    from smsframe.api.send import resend, resume, send, start
    from smsframe.api.stop import stop
    from smsframe.api.trial import test
    from smsframe.api.watch import watch
    from smsframe.contacts.policy import Policy
    from smsframe.contacts.suppression import OptoutList
    from smsframe.engines.finish import finish
    from smsframe.engines.partition import Partition, partition
    from smsframe.form.compose import compose
    from smsframe.form.form import Form
    from smsframe.gateway.smsend import Gateway
    from smsframe.journal.journal import Journal
    from smsframe.masking import reveal
    from smsframe.orders.hours import Hours
    from smsframe.outcomes.schema import CheckedSchema, ContactsSchema, PlannedSchema, ResultsSchema
    from smsframe.outcomes.summary import Summary
    from smsframe.planning.plan import Plan
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
    "Hours",
    "Journal",
    "JournalError",
    "NotAuthorised",
    "NotEnoughCredit",
    "OptoutList",
    "Partition",
    "PhoneGuessed",
    "Plan",
    "PlannedSchema",
    "Policy",
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
    "assign",
    "by",
    "campaigns",
    "cancel",
    "check",
    "compose",
    "costs",
    "explain",
    "failed",
    "finish",
    "forget",
    "history",
    "lift",
    "normalize",
    "optouts",
    "partition",
    "plan",
    "plot",
    "problems",
    "purge",
    "read_contacts",
    "refresh",
    "replies",
    "reschedule",
    "resend",
    "results",
    "resume",
    "reveal",
    "segments",
    "send",
    "start",
    "stop",
    "summary",
    "test",
    "to_csv",
    "to_excel",
    "to_parquet",
    "watch",
    "withdraw",
]

logging.getLogger("smsframe").addHandler(logging.NullHandler())

_MODULES = {
    "CheckedSchema": "smsframe.outcomes.schema",
    "ContactsSchema": "smsframe.outcomes.schema",
    "Form": "smsframe.form.form",
    "Gateway": "smsframe.gateway.smsend",
    "Hours": "smsframe.orders.hours",
    "Journal": "smsframe.journal.journal",
    "OptoutList": "smsframe.contacts.suppression",
    "Partition": "smsframe.engines.partition",
    "Plan": "smsframe.planning.plan",
    "PlannedSchema": "smsframe.outcomes.schema",
    "Policy": "smsframe.contacts.policy",
    "ResultsSchema": "smsframe.outcomes.schema",
    "Run": "smsframe.api.run",
    "Sandbox": "smsframe.sandbox",
    "Summary": "smsframe.outcomes.summary",
    "assign": "smsframe.api.experiment",
    "campaigns": "smsframe.api.results",
    "cancel": "smsframe.api.cancel",
    "check": "smsframe.api.prepare",
    "compose": "smsframe.form.compose",
    "costs": "smsframe.api.results",
    "by": "smsframe.api.frames",
    "explain": "smsframe.api.results",
    "failed": "smsframe.api.frames",
    "finish": "smsframe.engines.finish",
    "history": "smsframe.api.history",
    "forget": "smsframe.api.privacy",
    "lift": "smsframe.api.experiment",
    "normalize": "smsframe.api.prepare",
    "optouts": "smsframe.api.optouts",
    "partition": "smsframe.engines.partition",
    "plan": "smsframe.api.prepare",
    "plot": "smsframe.api.frames",
    "problems": "smsframe.api.frames",
    "purge": "smsframe.api.privacy",
    "read_contacts": "smsframe.api.prepare",
    "refresh": "smsframe.api.results",
    "replies": "smsframe.api.replies",
    "results": "smsframe.api.results",
    "reschedule": "smsframe.api.cancel",
    "resend": "smsframe.api.send",
    "resume": "smsframe.api.send",
    "reveal": "smsframe.masking",
    "segments": "smsframe.api.prepare",
    "send": "smsframe.api.send",
    "start": "smsframe.api.send",
    "stop": "smsframe.api.stop",
    "summary": "smsframe.api.frames",
    "test": "smsframe.api.trial",
    "to_csv": "smsframe.api.files",
    "to_excel": "smsframe.api.files",
    "to_parquet": "smsframe.api.files",
    "watch": "smsframe.api.watch",
    "withdraw": "smsframe.api.results",
}
"""The module of each public name, imported at its first use. (Errors are light, and imported above.)"""

if not TYPE_CHECKING:  # a type checker that saw it would accept any name

    def __getattr__(name: str) -> object:
        """
        Load a public name at its first use.

        Pandera, SQLAlchemy, requests and the like take longer to load than pandas does. A notebook that
        imports smsframe in its first cell does not wait for them there.
        """
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - loaded when asked for: importing smsframe stays fast

            return version("smsframe")
        if name not in _MODULES:
            from smsframe.formatting import meant  # noqa: PLC0415 - only for who mistypes something

            raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{meant(name, __all__)}")
        globals()[name] = value = getattr(importlib.import_module(_MODULES[name]), name)
        return value


def __dir__() -> list[str]:
    """The public names, loaded or not; `Sandbox` only where its extra is installed."""
    installed = importlib.util.find_spec("fastapi") and importlib.util.find_spec("uvicorn")
    return sorted({*__all__} - (set() if installed else {"Sandbox"}))
