"""
`Call`: what a call wants to be sent, as it is handed to the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.journal.campaigns.conflicts import CampaignCall

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from smsframe.gateway.base import GatewayProtocol
    from smsframe.orders.prices import Budget
    from smsframe.orders.ramp import RampState
    from smsframe.orders.terms import Terms

PERSON = ("phone", "fields", "encoding", "segments", "schedule_at", "zone", "variant", "consent")
"""What is written down of each person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    What a call wants to be sent.

    Attributes:
        campaign: The name under which nobody is texted twice.
        template: The text; of an experiment that of its first variant.
        terms: Quality, sender and time.
        batch_size: Recipients per order at most.
        people: ``phone``, ``fields``, ``encoding``, ``segments`` of everybody who can be texted, once each;
            where they were given row by row also ``schedule_at`` and ``zone``.
        changed: Whether who has none yet may get another text than the others have.
        adopt: Whether orders that the gateway has and the journal does not are taken over.
        budget: What the orders of the campaign may cost, or None.
        variants: The text of each variant of an experiment; its people have ``variant``.
        given: ``phone`` and ``variant`` of everybody to whom the call gives one, or None.
        variants_stand: As in `CampaignCall`.
        ramp: The stages in which they are texted, and how far that was when the call began; or None.
        suppressed: The numbers that this call suppresses; later calls suppress them too.
        suppressed_until: The last day on which these may be used, or None.
        withdrawn: The numbers whose consent this call lacks: they wait no longer, if they did.
    """

    campaign: str
    template: str
    terms: Terms
    batch_size: int
    people: pd.DataFrame
    changed: bool = False
    adopt: bool = False
    budget: Budget | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    given: pd.DataFrame | None = None
    variants_stand: bool = False
    ramp: RampState | None = None
    suppressed: pd.Index[Any] = field(default_factory=lambda: pd.Index([]))
    suppressed_until: date | None = None
    withdrawn: pd.Series[Any] = field(default_factory=lambda: pd.Series(dtype=object))

    def at(self, gateway: GatewayProtocol) -> CampaignCall:
        """What it means by its campaign, at a gateway."""
        at = gateway.base_url, gateway.account
        return CampaignCall(*at, self.template, self.changed, self.variants, self.variants_stand)
