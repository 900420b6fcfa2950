"""
What the gateway's answers prove of an order that a person wants cancelled before its time.

No source states how a cancelled order shows (smSend docs, DELETE sms/{order_id}: "cancels an order still
SCHEDULED", 200; 404 where it is unknown or can no longer be cancelled). So it takes two proofs: a yes to the
request, and that the order is no longer there afterwards; or that each of its texts is named as never sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsframe.orders.delivery_codes import Stage
from smsframe.orders.states import HTTP, Answer, Event, StatusProof

if TYPE_CHECKING:
    import pandas as pd

    from smsframe.orders.profile import GatewayProfile

TAKEN: Final = 200
ELSEWHERE: Final = frozenset({307, 308, 403})
"""RFC 9110: to be asked elsewhere (15.4.8, 15.4.9), or understood and refused (15.5.4). 404 is not among them."""


def interpret_cancel(answer: Answer, proves: StatusProof = HTTP) -> Event:
    """
    What the answer to a request to cancel proves.

    A 404 proves nothing: the order may be gone, on its way, or hidden by a proxy. Neither does an answer that
    was lost.

    Example:
        >>> interpret_cancel(Answer(status=200, ok=True)), interpret_cancel(Answer(status=404, ok=True))
        (<Event.CANCEL_TAKEN: 'cancel_taken'>, <Event.CANCEL_NO_PROOF: 'cancel_no_proof'>)
    """
    match answer:
        case Answer(status=None, connected=False):
            return Event.CANCEL_NOT_SENT
        case Answer(status=status, ok=True, page=False) if status == TAKEN:
            return Event.CANCEL_TAKEN
        case Answer(status=status) if status in proves.unauthorised | proves.not_taken | ELSEWHERE:
            return Event.CANCEL_NOT_SENT
        case Answer(status=status, retry_after=True, page=False) if status in proves.busy:
            return Event.CANCEL_NOT_SENT
        case _:
            return Event.CANCEL_NO_PROOF


def listed_as(delivery: pd.Series[str], people: int, profile: GatewayProfile) -> Event:
    """
    What the states of an order's texts prove, if all of them are of our people.

    Args:
        delivery: The delivery code of each of our people who is listed, once each.
        people: How many people the order has.
        profile: The gateway's.

    Example:
        >>> import pandas as pd
        >>> from smsframe.orders.profile import SMSEND
        >>> listed_as(pd.Series(["SCHEDULED", "SCHEDULED"]), 2, SMSEND)
        <Event.STILL_SCHEDULED: 'still_scheduled'>
    """
    waiting = delivery.isin(profile.codes(Stage.WAITING))
    never = delivery.isin([*profile.codes(Stage.REFUSED), *profile.codes(Stage.NOT_SENT)])
    known = delivery.isin([*profile.delivery])
    if (known & ~waiting & ~never).any():
        return Event.HAS_LEFT
    if (known & waiting).any():
        return Event.STILL_SCHEDULED
    return Event.NEVER_SENT if never.all() and len(delivery) == people else Event.UNANSWERED
