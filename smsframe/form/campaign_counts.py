"""
The people of a campaign by outcome, counted for a form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from smsframe.formatting import many
from smsframe.outcomes.groups import groups

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.contacts.policy import Policy


class CampaignCounts(NamedTuple):
    """
    People of a campaign by outcome, as the journal has them, and what those pending would cost.

    Pending people who are on an opt-out list count as ``suppressed``, not as ``pending``; those who wait for
    a budget count as ``held_back`` where the form has no policy.
    """

    texted: int
    rejected: int
    unconfirmed: int
    pending: int
    busy: int
    credits: int
    suppressed: int = 0
    scheduled: int = 0
    cancelling: int = 0
    cancelled: int = 0
    held_back: int = 0
    held_out: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether there is somebody to resume."""
        return bool(self.pending or self.unconfirmed)

    @property
    def cancelable(self) -> int:
        """Texts that can be taken back, or whose taking back is not proven."""
        return self.scheduled + self.cancelling

    @property
    def waiting(self) -> int:
        """People who can be dropped: they were not texted, for whatever reason."""
        return self.pending + self.suppressed + self.held_back

    def cancel_headline(self, *, sure: bool) -> str:
        """The label of the button that cancels what is scheduled, before and after the first click."""
        people = many(self.cancelable, "text")
        return f"Yes, cancel {people}" if sure else f"Cancel {people} …"

    def headline(self, when: str = "") -> str:
        """The label of the button that continues the campaign; ``when`` its texts go out, if not at once."""
        if not self.pending:
            return "Continue: ask the gateway"
        at = f" {when}" if when else ""
        return (
            f"Continue: text {many(self.pending, 'person', 'people')} for {many(self.credits, 'credit')}{at}"
        )

    def sentence(self) -> str:
        """
        The counts in one sentence.

        Example:
            >>> CampaignCounts(812, 0, 0, 428, 0, 428).sentence()
            '812 texted already, 428 pending'
        """
        labelled = {
            "texted already": self.texted - self.scheduled,
            "scheduled": self.scheduled,
            "cancelled": self.cancelled,
            "to be cancelled, not proven": self.cancelling,
            "refused by the gateway": self.rejected,
            "unconfirmed": self.unconfirmed,
            "pending": self.pending,
            "being sent now": self.busy,
            "on an opt-out list": self.suppressed,
            "waiting for a larger budget": self.held_back,
            "held out of the experiment": self.held_out,
        }
        return (
            ", ".join(f"{count:,} {label}" for label, count in labelled.items() if count)
            or "nobody texted yet"
        )


def count_deliveries(results: pd.DataFrame | None) -> tuple[int, int]:
    """How many texts are delivered, and how many are not for good."""
    if results is None or results.empty:
        return 0, 0
    taken = results[results["sms_status"].isin(["accepted", "scheduled"]).to_numpy()]
    found = groups(taken).value_counts()
    return int(found.get("delivered", 0)), int(found.get("not delivered", 0))


def count_campaign(results: pd.DataFrame, policy: Policy | None = None) -> CampaignCounts:
    """Count the people of a campaign from its results, in which the opted-out are ``suppressed``."""
    status, code = results["sms_status"], results["sms_code"]
    busy, cancelling, budget, held_out = (
        code.eq(name).fillna(value=False) for name in ("other_process", "cancelling", "budget", "held_out")
    )
    held_back = budget & status.eq("pending") & (policy is None)
    waiting = status.eq("pending") & ~busy & ~held_back
    return CampaignCounts(
        texted=int(status.isin(["accepted", "scheduled"]).sum()),
        rejected=int(status.eq("rejected").sum()),
        unconfirmed=int((status.eq("unconfirmed") & ~cancelling).sum()),
        pending=int(waiting.sum()),
        busy=int(busy.sum()),
        credits=int(results["sms_segments"][waiting].sum()),
        suppressed=int((status.eq("suppressed") & ~held_out).sum()),
        scheduled=int(status.eq("scheduled").sum()),
        cancelling=int(cancelling.sum()),
        cancelled=int(status.eq("cancelled").sum()),
        held_back=int(held_back.sum()),
        held_out=int(held_out.sum()),
    )
