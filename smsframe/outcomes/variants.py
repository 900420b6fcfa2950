"""
Variants of a call held against those of the journal, which stand: a person has one variant in a campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from smsframe.orders.experiment import HOLD_OUT
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import results_for
from smsframe.phones.match import find

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from smsframe.outcomes.join import Known


def differing(given: pd.DataFrame, journalled: pd.DataFrame) -> NDArray[np.bool_]:
    """
    Which people have another variant in the journal than a call gives them.

    Args:
        given: ``phone`` and ``variant`` of each person; who is given none differs from nobody.
        journalled: ``phone`` and ``variant`` of the people of the campaign.
    """
    wanted = given["variant"].fillna("").astype(object).to_numpy()
    there = _journalled(given["phone"], journalled)
    differs: NDArray[np.bool_] = (there != "") & (wanted != "") & (there != wanted)
    return differs


def with_journalled_variants(results: pd.DataFrame, known: Known) -> pd.DataFrame:
    """
    The rows of a call, each with the variant that its person has in the journal.

    Who is held out there is so in all rows, and nobody else of the journal in any: of the others one row
    carries the outcome.
    """
    if known.people["variant"].isna().all() and not results["sms_code"].eq("held_out").any():
        return results
    there = _journalled(results["sms_phone"], known.people)
    usable = results["sms_status"].ne("invalid").to_numpy(dtype=bool)
    said = results["sms_code"].eq("held_out").to_numpy(dtype=bool, na_value=False)
    held = there == HOLD_OUT
    of_journal = find(results["sms_phone"], known.people["phone"]) >= 0
    for rows, status, code in (
        (held & ~said & results["sms_status"].eq("duplicate").to_numpy(), "suppressed", "held_out"),
        (of_journal & ~held & said & usable, "duplicate", "duplicate"),
    ):
        if rows.any():
            values = results_for(len(results), sms_status=status, sms_code=code, sms_reason=CODES[code])
            results = results.assign(
                **{name: results[name].mask(rows, values[name].set_axis(results.index)) for name in _SAID}
            )
    names = results["sms_variant"].mask(usable & (there != ""), there)
    return results.assign(sms_variant=names.astype(results["sms_variant"].dtype))


_SAID = ("sms_status", "sms_code", "sms_reason")


def _journalled(phones: pd.Series[Any], journalled: pd.DataFrame) -> NDArray[Any]:
    """The variant that each person has in the journal, or an empty string."""
    if journalled["variant"].isna().all():  # of nearly all campaigns: they have no variants
        return np.full(len(phones), "", dtype=object)
    place = find(phones, journalled["phone"])
    names = journalled["variant"].fillna("").astype(object).to_numpy()
    return np.where(place >= 0, names.take(place.clip(0)), "")
