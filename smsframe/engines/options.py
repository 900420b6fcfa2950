"""
The keywords of `smsframe.finish` as one object.
"""

# Annotations are evaluated here, unlike elsewhere: `Options.parameters` reads them.

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from smsframe.campaign.options import RunOptions
from smsframe.contacts.policy import Policy
from smsframe.planning.options import is_policy
from smsframe.planning.parameters import Group, Parameter, timespan

NO_WAIT = (0, "0")


def _wait(name: str, value: Any) -> None:
    if value is not None and value not in NO_WAIT:
        timespan(name, value)


@dataclass(frozen=True, kw_only=True)
class FinishOptions(RunOptions):
    """What finishing is asked for, apart from what is in the journal."""

    suppress: Annotated[
        Any,
        Parameter(
            "Numbers that nobody may text as of now (opt-outs): a frame, series, list or file; those people "
            "stay pending.",
            Group.SAFETY,
        ),
    ] = None
    region: Annotated[
        str | None,
        Parameter(
            "The country (an ISO code such as ``IT``) of the numbers in ``suppress`` that are in national "
            "form.",
            Group.SAFETY,
        ),
    ] = None
    policy: Annotated[
        Policy | None,
        Parameter(
            "House rules: `Policy` with prices and a budget. Who waits for a larger budget goes on waiting "
            "when it is not given.",
            Group.SAFETY,
            is_policy,
        ),
    ] = None
    wait: Annotated[
        timedelta | str | float | None,
        Parameter(
            "How long to wait at most for processes that are alive, such as ``10 min``; 0 does not wait. "
            "Without a limit when not given.",
            check=_wait,
        ),
    ] = None
