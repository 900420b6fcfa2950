"""
A budget over the partitions of a frame of Dask: it covers the first rows first, as in one table.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from smsframe.contacts.policy import has_budget
from smsframe.engines.part import planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from smsframe.engines.dask_parts import Parts
    from smsframe.engines.part import Job
    from smsframe.planning.parts import OtherParts


class PartCost(NamedTuple):
    """
    What the people of a partition are predicted to cost, in units of the budget.

    Attributes:
        needed: All who are ready.
        covered: Those whom the budget covers.
    """

    needed: int = 0
    covered: int = 0


def cost_of(frame: pd.DataFrame, job: Job, others: OtherParts) -> PartCost:
    """What the people of a partition cost, by what the journal knows of them now."""
    costs = planned(frame, job, others)[0].costs
    return PartCost() if costs is None else PartCost(costs.needed, costs.units)


def within_budget(parts: Parts, job: Job, others: Sequence[OtherParts]) -> Sequence[OtherParts]:
    """
    What each partition has to know of the others for its plan, the budget included.

    With a budget all partitions are read twice more: what each needs, and what of that is covered once it
    knows what those before it need. Partitions that are being sent read in the journal what is left.
    """
    if not has_budget(job.options.policy):
        return others
    needed = [part.needed for part in parts.ask(cost_of, job, others)]
    before = accumulate(needed, initial=0)
    others = [replace(part, cost_before=cost) for part, cost in zip(others, before, strict=False)]
    covered = [part.covered for part in parts.ask(cost_of, job, others)]
    return [replace(part, cost_beside=sum(covered) - own) for part, own in zip(others, covered, strict=True)]
