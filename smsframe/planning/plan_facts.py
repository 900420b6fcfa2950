"""
What is displayed of a plan, as a plain dictionary: for its card, the command line and the form.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from smsframe.formatting import many
from smsframe.masking import shown, shown_name, visible
from smsframe.phones.codes import REPAIRS
from smsframe.planning.balance import balance_words
from smsframe.planning.experiment_facts import experiment_facts, ramp_facts
from smsframe.planning.merge_values import fields_of, unpacked
from smsframe.planning.previews import previewer_of, previews
from smsframe.planning.savings import propose
from smsframe.texts.replacements import fixed_template

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.planning.plan import Plan

EXAMPLES: Final = 3
_UNKNOWN: Final = 5  # of what is no country, so many are named


def plan_facts(plan: Plan, *, times: dict[str, Any], costs: dict[str, Any]) -> dict[str, Any]:
    """
    The facts of a plan: counts, names, and a few texts as a preview shows them.

    Args:
        plan: The plan.
        times: When its people are texted, as from `smsframe.planning.times.times_facts`.
        costs: What it costs, as from `smsframe.planning.costs.costs_facts`.
    """
    people, previewer = plan.ready_people, previewer_of(plan)

    def read(some: pd.DataFrame) -> list[str]:
        """What they read, each text once."""
        return [*dict.fromkeys(map(visible, previews(plan, some.index, previewer)))]

    return {
        "campaign": plan.campaign and shown_name(plan.campaign),
        "phone": shown_name(plan.phone),
        "phone_guessed": plan.phone_guessed,
        "rows": len(plan.frame),
        "recipients": plan.recipients,
        "already": plan.already,
        "segments": plan.segments,
        "credits": plan.credits,
        "counts": {str(k): int(v) for k, v in plan.counts.items()},
        "reasons": [{**row, "reason": shown(row["reason"])} for row in plan.reasons.to_dict("records")],
        "batches": len(plan.batches),
        "encodings": {str(k): int(v) for k, v in plan.encodings.items()},
        "cheaper": _saving(plan),
        "fixed": plan.fixed and plan.fixed.facts(),
        "ucs2": {str(k): int(v) for k, v in plan.ucs2.head(5).items()},
        "completed": supplied_plus(plan.repairs),
        "unknown_regions": unknown_regions(plan.unknown_regions),
        "repairs": {REPAIRS.get(str(k), str(k)): int(v) for k, v in plan.repairs.items()},
        "template": visible(previewer.shown([plan.template.source])[0]),
        "examples": read(people.head(EXAMPLES)),
        "longest": "".join(read(extreme(people, "units", "segments"))),
        "dearest": "".join(read(extreme(people, "segments", "units"))),
        "message_type": plan.terms.message_type,
        "sender": plan.terms.sender and visible(previewer.shown([plan.terms.sender])[0]),
        "schedule": plan.terms.schedule.isoformat() if plan.terms.schedule else None,
        "hours": plan.terms.hours and repr(plan.terms.hours),
        "times": times,
        "costs": costs,
        "optouts": optouts_said(plan),
        "rules": rules_said(plan),
        "privacy": privacy_words(plan),
        "experiment": experiment_facts(plan),
        "ramp": ramp_facts(plan),
        "balance": balance_words(plan.balance, plan.credits),
    }


def optouts_said(plan: Plan, *, where: bool = True) -> list[str]:
    """
    The lists of opt-outs that were read, each in words, and how many rows they left out.

    ``where``: with the gateway and place of each list, and not its account alone.
    """
    said = [
        f"{many(used.people, 'number')} on the list of {shown(used.account)}"
        + (f" at {shown(used.base_url)} ({shown(used.place)})" if where else "")
        for used in plan.optouts
    ]
    if len(plan.suppressed):
        until = "" if plan.valid_until is None else f", valid until {plan.valid_until}"
        said.append(f"{many(len(plan.suppressed), 'number')} of suppress={until}")
    opted_out = int(plan.frame["sms_code"].eq("opted_out").sum())
    if plan.optouts or opted_out:
        said.append(f"{many(opted_out, 'row')} opted out")
    return said


def rules_said(plan: Plan) -> list[str]:
    """What each house rule about people did to the plan, in words."""
    policy, codes = plan.policy, plan.frame["sms_code"]
    said = []
    if policy is not None and policy.cap is not None:
        over = many(int(codes.eq("frequency_cap").sum()), "person", "people")
        said.append(f"cap of {policy.cap}: {over} left out")
    if policy is not None and policy.allowed is not None:
        others = many(int(codes.eq("not_allowed").sum()), "row")
        said.append(f"{many(len(policy.allowed), 'number')} allowed: {others} left out")
    return said


def privacy_words(plan: Plan) -> str:
    """What the policy says of personal data, and what that does to this plan."""
    policy = plan.policy
    if policy is None:
        return ""
    said = []
    if policy.consent is not None:
        lack = int(plan.frame["sms_code"].eq("no_consent").sum())
        names = " and ".join(shown_name(name) for name in policy.consent)
        required = f"required, {many(lack, 'row')} without" if policy.consent_required else "not required"
        said.append(f"consent ({names}) is kept with each person; {required}")
    if policy.keep is not None:
        days = policy.keep.days if isinstance(policy.keep, timedelta) else policy.keep
        said.append(f"numbers and texts are kept for {days:,} days; smsframe purge erases them then")
    return "; ".join(said)


def extreme(people: pd.DataFrame, measure: str, second_measure: str) -> pd.DataFrame:
    """The one of them whose text is the largest by a measure, and of those by a second; nobody of nobody."""
    if people.empty:
        return people
    extremes = people[people[measure].eq(people[measure].max()).to_numpy(dtype=bool)]
    at = int(extremes[second_measure].argmax())
    return extremes.iloc[at : at + 1]


def supplied_plus(repairs: pd.Series[int]) -> int:
    """Numbers to which a plus was supplied: a guess, nearly certain, to be shown to the user."""
    return int(repairs.reindex(["plus", "own_code"], fill_value=0).sum())


def unknown_regions(found: pd.DataFrame | None) -> list[str]:
    """What is no country, with its rows and what may be meant, the most frequent first."""
    if found is None:
        return []
    rows = found.head(_UNKNOWN).to_dict("records")
    names = [f"{shown_name(row['region'])} ({many(row['rows'], 'row')})" for row in rows]
    hints = [f", perhaps {row['suggestion']}" if isinstance(row["suggestion"], str) else "" for row in rows]
    more = len(found) - len(rows)
    return [*map("".join, zip(names, hints, strict=True)), *([f"{more:,} more"] if more else [])]


def _saving(plan: Plan) -> int:
    """Credits that typography costs; where the constant text stays, only expensive texts can save any."""
    ready = plan.ready_people
    expensive = ready[(ready["encoding"].eq("ucs2") & ready["segments"].gt(1)).to_numpy(dtype=bool)]
    if expensive.empty:
        return 0
    saved = 0
    for template, part in plan.texts.parts(ready):
        candidates = expensive[expensive.index.isin(part.index)] if len(part) < len(ready) else expensive
        if fixed_template(template, "gsm") is not template:
            candidates = part
        if len(candidates):
            values = unpacked(fields_of(plan.field_values, candidates.index), template)
            saved += propose(template, values, len(candidates), "gsm", previewer_of(plan)).saved
    return saved
