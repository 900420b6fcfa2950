"""
How often one person may be texted in a span of time, over all campaigns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CAP: Final = re.compile(r"\s*(\d{1,3})\s+(?:per|in)\s+(?:(\d{1,4})\s+)?(hour|day|week)s?\s*", re.IGNORECASE)
_UNITS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Cap:
    """
    At most so many texts in any span of so long.

    Attributes:
        texts: How many.
        span: How long; two texts that are as far apart are not within one span.
        words: As it was written.
    """

    texts: int
    span: timedelta
    words: str


def read_cap(written: object) -> Cap:
    """
    A cap as people write it.

    Raises:
        ValueError: It is none; says how one is written.

    Example:
        >>> read_cap("2 per 7 days").span.days
        7
    """
    match = _CAP.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError(f'cap={written!r} must be texts per span of time, such as "2 per 7 days"')
    texts, many, unit = match.groups()
    span = int(many or 1) * _UNITS[unit.lower()]
    if not int(texts) or not timedelta(0) < span <= LONGEST:
        raise ValueError(f"cap={written!r} must be of one text at least, and of a span of up to a year")
    return Cap(int(texts), span, " ".join(str(written).split()))


def over_cap(
    persons: NDArray[np.int64],
    at: NDArray[np.int64],
    texted: NDArray[np.int64],
    texted_at: NDArray[np.int64],
    cap: Cap,
) -> NDArray[np.bool_]:
    """
    Whose new text would be one too many in some span, looking back and ahead.

    Args:
        persons: Who is to be texted, once each, by canonical number.
        at: When, in microseconds since 1970.
        texted: Who was texted, or will be, once for each text.
        texted_at: When.
        cap: How often they may be.

    Example:
        >>> one = np.array([1])
        >>> day = 86_400_000_000
        >>> cap = read_cap("2 per 7 days")
        >>> over_cap(one, np.array([9 * day]), np.array([1, 1]), np.array([3 * day, 8 * day]), cap).tolist()
        [True]
        >>> over_cap(one, np.array([10 * day]), np.array([1, 1]), np.array([3 * day, 8 * day]), cap).tolist()
        [False]
    """
    over = np.zeros(len(persons), dtype=np.bool_)
    sorted_persons = np.sort(persons)
    if not len(persons):
        return over
    place = np.searchsorted(sorted_persons, texted).clip(max=len(persons) - 1)
    here = sorted_persons[place] == texted
    texted, texted_at = texted[here], texted_at[here]
    who = np.concatenate([persons, texted])
    when = np.concatenate([at, texted_at])
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    new = np.where(order < len(persons), order, -1)
    span = cap.span // timedelta(microseconds=1)
    if len(who) <= cap.texts:
        return over
    ends = who[cap.texts :] == who[: -cap.texts]
    full = np.flatnonzero(ends & (when[cap.texts :] - when[: -cap.texts] < span))
    for step in range(cap.texts + 1):
        rows = new[full + step]
        over[rows[rows >= 0]] = True
    return over
