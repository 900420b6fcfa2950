"""
What a plan says of an experiment and of a ramp, as plain values, with the same in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT
from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.orders.experiment import HOLD_OUT
from smsframe.orders.ramp import RampState, ramp_of, words
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import DTYPES
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from smsframe.planning.plan import Plan


def ramp_state(given: str | None, journalled: RampState | None) -> RampState | None:
    """How far a ramp is once a call gives one, or none."""
    if given is None:
        return journalled
    ramp = ramp_of(given)
    return RampState(ramp) if journalled is None else journalled.given(ramp)


def wait_for_stage(results: pd.DataFrame, state: RampState | None, campaign: str | None) -> pd.DataFrame:
    """The rows of a plan, with those pending who are in a later stage of the ramp."""
    if state is None or state.complete:
        return results
    ready = results["sms_status"].eq("ready").to_numpy(dtype=bool)
    waits = ready & state.waits(keys(results["sms_phone"]), campaign or "")
    if not waits.any():
        return results
    why = state.reasons(keys(results["sms_phone"][waits]), campaign or "")
    reason = results["sms_reason"].astype(object)
    reason[waits] = [f"{CODES['ramp']}: {one}" for one in why]
    return results.assign(
        sms_status=results["sms_status"].mask(waits, "pending"),
        sms_code=results["sms_code"].mask(waits, "ramp"),
        sms_reason=reason.astype(DTYPES["sms_reason"]),
    )


def given_variants(plan: Plan) -> pd.DataFrame | None:
    """``phone`` and ``variant`` of each person whom a plan gives one; None without an experiment."""
    if plan.variants is None:
        return None
    held = plan.held_out.to_frame("phone").assign(variant=HOLD_OUT)
    return pd.concat([plan.planned[["phone", "variant"]], held.astype(TEXT)], ignore_index=True)


def experiment_facts(plan: Plan) -> dict[str, Any]:
    """The variants of a plan: people, segments and texts of each; and what is worth a word (``said``)."""
    if plan.variants is None:
        return {"variants": [], "held_out": 0, "said": []}
    ready = plan.ready_people
    rows: list[dict[str, Any]] = []
    for name, template in plan.texts.by_variant.items():
        people = ready[ready["variant"].eq(name).fillna(value=False).to_numpy(dtype=bool)]
        rows.append(
            {
                "variant": mask(name),
                "people": len(people),
                "segments": int(people["segments"].sum()),
                "credits": int(people["segments"].sum()),
                "text": mask(template.source),
            }
        )
    held = len(plan.held_out)
    said = [
        f"{row['variant']}: {many(row['people'], 'person', 'people')}, {many(row['credits'], 'credit')}"
        for row in rows
    ]
    if held:
        said.append(f"{HOLD_OUT}: {many(held, 'person', 'people')}, no text")
    if plan.variants.kept:
        kept = many(plan.variants.kept, "person", "people")
        said.append(f"{kept} with another variant in this campaign, which stands")
    if plan.variants.mixed:
        said.append(
            f"{many(plan.variants.mixed, 'number')} with rows of several variants: held out if one of them "
            "is, else the first row's"
        )
    return {"variants": rows, "held_out": held, "said": said}


def ramp_facts(plan: Plan) -> dict[str, Any]:
    """The stages of a plan's ramp with the people of each who have no outcome yet, and its rules."""
    state = plan.ramp
    if state is None or len(state.ramp.ends) == 1:
        return {"stages": [], "said": []}
    waits = plan.frame["sms_status"].isin(["ready", "pending"]).to_numpy()[plan.planned.index]
    stages = state.ramp.stage_of(keys(plan.planned["phone"][waits]), plan.campaign or "")
    counts = np.bincount(stages, minlength=len(state.ramp.ends)).tolist()
    listed = ", ".join(f"stage {number} {count:,}" for number, count in enumerate(counts, 1))
    now = state.stopped or f"stage {state.stage + 1} of {len(counts)} is open"
    rules = words(state.ramp)
    if state.stopped is not None:
        rules = rules[:-1]  # there is no next stage
    return {"stages": counts, "said": [f"{now}; to be texted: {listed}", *rules]}
