"""
Who of a campaign's people has no consent, where the policy of a call requires it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.campaign.reports.result_frames import with_status
from smsframe.phones.match import among, are_among, keys

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smsframe.contacts.policy import Policy
    from smsframe.planning.plan import Plan


def without_consent(people: pd.DataFrame, policy: Policy | None) -> pd.Index[Any]:
    """
    The numbers of those for whom the journal has no consent.

    Args:
        people: ``phone`` and ``consent``, as the journal has them.
        policy: The house rules, or None.
    """
    if policy is None or policy.consent is None or not policy.consent_required:
        return pd.Index([])
    phones: pd.Index[Any] = pd.Index(people["phone"][people["consent"].isna()])
    return phones


def with_refused_consent(results: pd.DataFrame, phones: pd.Index[Any]) -> pd.DataFrame:
    """The results, in which pending people without consent are ``suppressed``."""
    if not len(phones):
        return results
    rows = results["sms_status"].eq("pending") & among(results["sms_phone"], phones)
    return with_status(results, rows, "suppressed", "no_consent")


def withdrawn(plan: Plan, elsewhere: NDArray[np.int64] | None = None) -> pd.Series[Any]:
    """
    The people whom a plan refuses for want of consent; not those who have given it in another row.

    ``elsewhere``: the canonical numbers of people who have such a row in another part of the table.
    """
    refused = plan.frame["sms_code"].eq("no_consent").to_numpy(dtype=bool, na_value=False)
    phones: pd.Series[Any] = plan.frame["sms_phone"][refused].dropna()
    phones = phones[~among(phones, plan.planned["phone"])]
    return phones if elsewhere is None else phones[~are_among(keys(phones), elsewhere)]
