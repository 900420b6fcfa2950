"""
People who were texted in the campaign before, with another text than that of a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.orders.names import UNKNOWN_TEXT
from smsframe.outcomes.codes import CODES
from smsframe.phones.match import among, find

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from smsframe.outcomes.join import Known


def note_other_texts(
    results: pd.DataFrame,
    known: Known,
    template: str | Mapping[str, str],
    people: pd.DataFrame,
    fields_of: Callable[[pd.Index[Any]], pd.Series[Any]],
    found: Collection[str] = (),
) -> pd.DataFrame:
    """
    Mark the rows with an earlier outcome whose text then was not the text of this plan.

    ``template``: the text, or that of each variant, which ``people`` have then. ``fields_of``: the merge
    values of some of them, by their index. ``found``: the ids of earlier orders that were in doubt until this
    call.
    """
    earlier = results["sms_code"].eq("already_texted").to_numpy()
    if found:
        taken = results["sms_order_id"].isin([*found]) & results["sms_status"].isin(["accepted", "scheduled"])
        earlier = earlier | (taken & results["sms_code"].isna()).to_numpy(dtype=bool, na_value=False)
    if not earlier.any() or people.empty:
        return results
    recipients = known.people
    planned = find(recipients["phone"], people["phone"])
    fields_now = fields_of(people.index).reset_index(drop=True).fillna("").take(planned.clip(0)).array
    if isinstance(template, str):
        same_text = recipients["template"].eq(template)
    else:
        now = people["variant"].astype(object).map(template).reset_index(drop=True).take(planned.clip(0))
        same_text = recipients["template"].astype(object).eq(now.set_axis(recipients.index))
    same_text &= recipients["fields"].fillna("").eq(pd.Series(fields_now, index=recipients.index))
    same_text |= recipients["template"].eq(UNKNOWN_TEXT)  # nobody knows whether it differs
    phones = recipients["phone"][(planned >= 0) & ~same_text.to_numpy()]
    differs = earlier & among(results["sms_phone"], phones).to_numpy()
    if not differs.any():
        return results
    code = "already_texted_differently"
    return results.assign(
        sms_code=results["sms_code"].mask(differs, code),
        sms_reason=results["sms_reason"].mask(differs, CODES[code]),
    )
