"""
When orders may leave so that no second has more recipients than it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableSequence


def leaves_at(
    last: MutableSequence[tuple[float, int]], earliest: float, recipients: int, rate: float
) -> float:
    """
    The first moment that the order before leaves free, so that no second before it has too many people.

    Args:
        last: The moments and recipients of the orders before, in their order; what is over is taken out.
        earliest: It may not leave before (seconds).
        recipients: Of this order.
        rate: Recipients per second at most.

    Example:
        >>> leaves_at([(10.0, 60)], 10.0, 60, 100)
        11.0
    """
    moment = earliest
    if last:
        at, people = last[-1]
        moment = max(moment, at + people / rate)
    while last:
        at, _ = last[0]
        if at + 1.0 > moment:
            if sum(people for _, people in last) + recipients <= rate:
                break
            moment = at + 1.0
        del last[0]
    return moment
