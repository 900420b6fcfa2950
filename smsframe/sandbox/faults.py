"""What a sandbox can be told to do wrong. How it is played over HTTP is the job of ``misbehaving``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

# Each kind with the numbers it takes, as they are when not given.
KINDS: dict[str, dict[str, float]] = {
    "refuse": {"seconds": 1.0},
    "drop_before": {},
    "drop_after": {},
    "error_before": {"status": 500},
    "error_after": {"status": 500},
    "late_answer": {"seconds": 1.0},
    "late_acceptance": {"seconds": 1.0},
    "half_body": {},
    "html": {},
    "redirect": {"status": 302},
    "busy": {"status": 429, "retry_after": 1},
    "session_lost": {},
    "blind": {"seconds": 1.0},
    "magic": {},
    "endless_pages": {},
    "repeated_pages": {},
    "skipped_rows": {},
    "wrong_total": {},
}
_STATUSES: dict[str, Collection[int]] = {
    "error_before": range(400, 600),
    "error_after": range(400, 600),
    "redirect": (301, 302, 303, 307, 308),
    "busy": (429, 503),
}


class Fault(NamedTuple):
    """
    One misbehaviour; of the numbers, a kind has only its own.

    Attributes:
        kind: One of ``KINDS``.
        seconds: How long it takes.
        status: The status answered.
        retry_after: Seconds the answer asks to wait.
    """

    kind: str
    seconds: float = 0.0
    status: int = 0
    retry_after: int = 0


def fault(kind: str, **numbers: float | None) -> Fault:
    """
    A fault with the numbers of its kind.

    Raises:
        ValueError: There is no such kind, or it has no such number; says what there is.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
    takes, given = KINDS[kind], {name: number for name, number in numbers.items() if number is not None}
    for name in given.keys() - takes.keys():
        raise ValueError(f"{kind} takes no {name}; of its own it takes {' and '.join(takes) or 'nothing'}")
    made = takes | given
    seconds, status, retry_after = (made.get(name, 0) for name in ("seconds", "status", "retry_after"))
    if not 0 <= seconds < math.inf:
        raise ValueError(f"seconds are a number from 0, not {seconds!r}")
    if kind in _STATUSES and status not in _STATUSES[kind]:
        raise ValueError(f"the status of {kind} is {_listed(_STATUSES[kind])}, not {status!r}")
    if retry_after != int(retry_after) or retry_after < 0:
        raise ValueError(f"retry_after is a whole number of seconds from 0, not {retry_after!r}")
    return Fault(kind, float(seconds), int(status), int(retry_after))


def _listed(statuses: Collection[int]) -> str:
    if isinstance(statuses, range):
        return f"between {min(statuses)} and {max(statuses)}"
    return "one of " + ", ".join(map(str, statuses))
