"""
What a public function takes when a parameter is left out.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pandas as pd

from smsframe.clock import SYSTEM
from smsframe.contacts.columns import require_label
from smsframe.contacts.suppression import OptoutList, lists_of, require_valid, suppression
from smsframe.gateway.base import GatewayProtocol
from smsframe.phones.match import together
from smsframe.phones.region_names import meaning

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import date, datetime

    from smsframe.campaign.options import RescheduleOptions, ResendOptions, ResumeOptions
    from smsframe.contacts.policy import Policy
    from smsframe.journal.journal import Journal
    from smsframe.planning.options import PlanOptions

    Suppress = pd.DataFrame | pd.Series[Any] | str | os.PathLike[str] | OptoutList | Iterable[Any]
    JournalLocation = Journal | str | os.PathLike[str]

POLICY = "SMSFRAME_POLICY"
"""The variable that names the file of a policy."""

ALLOW_ONLY = "SMSFRAME_ALLOW_ONLY"
"""The variable with the only numbers that may be texted."""

WithPolicy = TypeVar("WithPolicy", "PlanOptions", "ResumeOptions", "ResendOptions", "RescheduleOptions")


def suppressed_numbers(
    suppress: Suppress | None,
    region: Hashable | None,
    columns: Iterable[Hashable] = (),
    now: datetime | None = None,
    **said: str,
) -> pd.Index[Any]:
    """
    The numbers that nobody may text, in E.164.

    Those in national form are of the country ``region``, unless that is one of the columns. ``said`` are the
    words of `suppression` for its errors.

    Raises:
        ContactsError: A line cannot be read, or the last day of a list has passed.
        TypeError: ``region`` is a column instead of the name of one.
    """
    if suppress is None:
        return pd.Index([], dtype=object)
    require_label("region", region)
    named = isinstance(region, str) and region not in columns
    home = meaning(str(region)) if named else None
    read: list[pd.Index[Any]] = []
    for each in lists_of(suppress):
        if isinstance(each, OptoutList):
            require_valid(cast("date | None", each.valid_until), now or SYSTEM.now())
            each = each.source  # noqa: PLW2901 - what is read of it
        read.append(suppression(each, home, **said))
    return read[0] if len(read) == 1 else together(*read).unique()


def journal_of(journal: JournalLocation | None, gateway: GatewayProtocol | None) -> Journal:
    """The journal of a call: the one given, else the gateway's own, else the user's."""
    # SQLAlchemy takes as long to load as pandas, and a check does not need it.
    from smsframe.journal.journal import Journal  # noqa: PLC0415 - loads SQLAlchemy, which a check does not need

    if isinstance(journal, Journal):
        return journal
    if gateway is not None and not isinstance(gateway, GatewayProtocol):
        raise TypeError(
            f"gateway= must be a smsframe.Gateway, not {type(gateway).__name__} "
            "(another client must have all that smsframe.gateway.base.GatewayProtocol has)"
        )
    if journal is None and gateway is not None:
        journal = gateway.journal
    clock = SYSTEM if gateway is None else gateway.clock
    return Journal.default(clock=clock) if journal is None else Journal(journal, clock=clock)


def policy_of(policy: Policy | None) -> Policy | None:
    """
    The policy of a call: the one given, else that of the file that ``SMSFRAME_POLICY`` names, if any; of a
    plan that was made before, whom the environment allowed then and allows now.

    Raises:
        ValueError: That file cannot be read; says why.
    """
    path, allowed = os.environ.get(POLICY), os.environ.get(ALLOW_ONLY)
    if allowed is not None and not allowed.strip():
        raise ValueError(f"{ALLOW_ONLY} is set and names nobody: unset it, or name who may be texted")
    if (policy is not None or not path) and not allowed:
        return policy
    from smsframe.contacts.policy import Policy  # noqa: PLC0415 - a check needs none

    if policy is None and path:
        try:
            policy = Policy.from_file(path)
        except (OSError, ValueError) as error:
            raise ValueError(f"{POLICY} names a policy that cannot be used: {error}") from None
    if not allowed or (policy is not None and policy.allow_only is not None and not policy.allowed_from_env):
        return policy
    try:
        return (policy or Policy()).allowing_only(_numbers(allowed))
    except (OSError, ValueError) as error:
        raise ValueError(f"{ALLOW_ONLY} cannot be used: {error}") from None


def _numbers(written: str) -> list[str] | str:
    """Numbers with commas between them, or the path of a file that has them."""
    if os.path.exists(written):  # noqa: PTH110 - a text that may be none
        return written
    if "," not in written and any(map(str.isalpha, written)):
        raise FileNotFoundError("it names a file that does not exist, and is no number")
    return written.split(",")


def with_policy(options: WithPolicy) -> WithPolicy:
    """The options of a call, with the policy of the environment where it was given none."""
    return replace(options, policy=policy_of(options.policy))


def announce_journal(journal: Journal) -> None:
    """Print where the user's journal will be, before it is first written."""
    from smsframe.journal.journal import Journal  # noqa: PLC0415 - as above

    if journal.place == Journal.default().place and not journal.exists:
        print(f"smsframe remembers who was texted in {journal.place}")  # noqa: T201 - the contract says so
