"""
What the gateway's answers prove of an order that a person wants cancelled before its time.

No source states how a cancelled order shows (smSend docs, DELETE sms/{order_id}: "cancels an order still
SCHEDULED", 200; 404 where it is unknown or can no longer be cancelled). So it takes two proofs: a yes to the
request, and that the order is no longer there afterwards; or that each of its texts is named as never sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from smsframe.orders.answers import HTTP, Answer, StatusProof
from smsframe.orders.delivery_codes import Stage
from smsframe.orders.states import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from smsframe.orders.delivery_codes import DeliveryCode
    from smsframe.orders.profile import GatewayProfile

TAKEN: Final = 200
ELSEWHERE: Final = frozenset({307, 308, 403})
"""RFC 9110: to be asked elsewhere (15.4.8, 15.4.9), or understood and refused (15.5.4); not so 404."""


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


def listed_as(
    person: NDArray[np.intp], delivery: pd.Series[str], people: int, profile: GatewayProfile
) -> Event:
    """
    What the states of an order's texts prove.

    Args:
        person: Of each text of ours that the gateway lists, the place of its person among ours.
        delivery: Its delivery code; one that nobody knows proves nothing.
        people: How many people the order has.
        profile: The gateway's.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from smsframe.orders.profile import SMSEND
        >>> listed_as(np.array([0, 1]), pd.Series(["SCHEDULED", "SCHEDULED"]), 2, SMSEND)
        <Event.STILL_SCHEDULED: 'still_scheduled'>
    """
    codes = profile.delivery

    def who(of: Callable[[DeliveryCode], bool]) -> set[int]:
        return {
            *person[delivery.isin([code for code, known in codes.items() if of(known)]).to_numpy()].tolist()
        }

    left, waiting = who(lambda code: code.left), who(lambda code: code.stage is Stage.WAITING)
    unknown = {*person[~delivery.isin([*codes]).to_numpy()].tolist()}
    never = who(lambda code: code.stage in (Stage.REFUSED, Stage.NOT_SENT)) - left - waiting - unknown
    if left:
        return Event.HAS_LEFT if len(left | never) == people and not waiting | unknown else Event.PART_LEFT
    if waiting:
        return Event.STILL_SCHEDULED
    return Event.NEVER_SENT if len(never) == people else Event.UNANSWERED
