"""
The terms of an order: its quality, its sender, its time, and what becomes of refused numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from smsframe.orders.profile import SMSEND

if TYPE_CHECKING:
    from smsframe.orders.hours import Hours
    from smsframe.orders.profile import GatewayProfile

REFUSALS = ("split", "skip")
"""Orders that hold refused numbers: found by halving, or left to the gateway to leave them out."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How a text goes out, apart from who gets it.

    Attributes:
        message_type: The gateway's name of the quality: ``N``, ``L``, ``LL``, or a sister brand's.
        sender: The sender shown, or None for the account's own.
        schedule: When it goes out (UTC, whole seconds), or None for now.
        skip_refused: Whether the gateway may leave out numbers that it refuses; otherwise it refuses the
            whole order for one of them.
        hours: When each person may be texted, in their own time; None where ``schedule`` decides. An order
            has a time by then, and no hours.
        undo: How long what would go out at once waits at the gateway instead, so that it can be taken back.
            Of an order: that its time is of that kind, so that it must leave while half of this is left.
    """

    message_type: str = "N"
    sender: str | None = None
    schedule: datetime | None = None
    skip_refused: bool = False
    hours: Hours | None = None
    undo: timedelta | None = None

    def with_refusals(self, refusals: str) -> Terms:
        """
        The same, with what is to become of numbers that the gateway refuses.

        Raises:
            ValueError: It is neither ``split`` nor ``skip``.
        """
        if refusals not in REFUSALS:
            raise ValueError(f'refusals={refusals!r} must be "split" or "skip"')
        return replace(self, skip_refused=refusals == "skip")


def agree(
    quality: str,
    message_type: str | None,
    sender: str | None,
    schedule: datetime | None,
    profile: GatewayProfile = SMSEND,
) -> Terms:
    """
    The terms a text goes out under.

    Raises:
        ValueError: An unknown quality, a sender that cannot be, or a schedule without time zone.
    """
    chosen = profile.message_type(quality, message_type)
    if sender is not None and not profile.takes_sender(sender):
        raise ValueError(
            "sender= must be at most 11 letters, digits and simple signs, or a number of 6 to 16 digits"
        )
    if sender is not None and not chosen.sender:
        named = f"quality={quality!r}" if message_type is None else f"message_type={message_type!r}"
        raise ValueError(f"{named} takes no sender: the gateway shows its own (leave sender= out)")
    schedule = None if schedule is None else aware(schedule)
    return Terms(chosen.code, sender, schedule)


def aware(schedule: datetime, name: str = "schedule") -> datetime:
    """
    A time with a zone, in whole seconds of UTC, as the gateway takes it.

    Args:
        schedule: The time.
        name: What it was given as, for the error.

    Raises:
        ValueError: It has no zone: 9 o'clock somewhere is not a time.
    """
    if not isinstance(schedule, datetime) or schedule.tzinfo is None or schedule.utcoffset() is None:
        raise ValueError(
            f"{name}= must be a datetime with a time zone, such as "
            "datetime(2026, 12, 1, 9, tzinfo=ZoneInfo('Europe/Rome'))"
        )
    return datetime.fromtimestamp(int(schedule.timestamp()), UTC)
